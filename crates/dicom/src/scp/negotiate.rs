//! What an association request is answered (PS3.7 annex D, PS3.8 section 9.3).

use std::collections::HashMap;

use dicom_dictionary_std::uids;
use dicom_ul::pdu::{
    AssociationAC, AssociationRJ, AssociationRJResult,
    AssociationRJServiceProviderPresentationReason, AssociationRJServiceUserReason,
    AssociationRJSource, AssociationRQ, PresentationContextProposed, PresentationContextResult,
    PresentationContextResultReason, RequestorRoles, UserVariableItem,
};

use super::{Caller, Limits, Offers, Scp};
use crate::{commitment, create, is_storage_class, query::Root, syntax::TRANSFER_SYNTAXES};

const APPLICATION_CONTEXT: &str = "1.2.840.10008.3.1.1.1";
/// The item of the asynchronous operations window.
const OPERATIONS_WINDOW: u8 = 0x53;

/// What a class is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Verification,
    Storage,
    Find(Root),
    Move(Root),
    Get(Root),
    Worklist,
    Commitment,
}

/// A presentation context that was accepted.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each was agreed on or not, independently"
)]
pub(super) struct Context {
    pub id: u8,
    pub class: String,
    pub service: Service,
    pub transfer_syntax: String,
    /// The peer sends objects over it.
    pub peer_sends: bool,
    /// The peer takes objects over it.
    pub peer_takes: bool,
    /// Relational queries or retrievals were agreed on.
    pub relational: bool,
    /// Matching of dates and times as one was agreed on.
    pub combined_times: bool,
}

fn service(class: &str) -> Option<Service> {
    Some(match class {
        uids::VERIFICATION => Service::Verification,
        uids::PATIENT_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_FIND => Service::Find(Root::Patient),
        uids::PATIENT_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_MOVE => Service::Move(Root::Patient),
        uids::PATIENT_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_GET => Service::Get(Root::Patient),
        uids::STUDY_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_FIND => Service::Find(Root::Study),
        uids::STUDY_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_MOVE => Service::Move(Root::Study),
        uids::STUDY_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_GET => Service::Get(Root::Study),
        uids::MODALITY_WORKLIST_INFORMATION_MODEL_FIND => Service::Worklist,
        commitment::CLASS => Service::Commitment,
        class if is_storage_class(class) => Service::Storage,
        _ => return None,
    })
}

/// Whether the association may be and what it may ask for, else how and why it is rejected.
pub(super) fn admit(
    provider: &Scp,
    request: &AssociationRQ,
    caller: &Caller,
    busy: bool,
) -> Result<Offers, (AssociationRJ, &'static str)> {
    use AssociationRJServiceUserReason as Reason;
    let permanent = |reason, why| {
        let rejection = AssociationRJ {
            result: AssociationRJResult::Permanent,
            source: AssociationRJSource::ServiceUser(reason),
        };
        Err((rejection, why))
    };
    if busy {
        let source = AssociationRJSource::ServiceProviderPresentation(
            AssociationRJServiceProviderPresentationReason::LocalLimitExceeded,
        );
        let result = AssociationRJResult::Transient;
        return Err((AssociationRJ { result, source }, "too many at once"));
    }
    if request.application_context_name != APPLICATION_CONTEXT {
        return permanent(
            Reason::ApplicationContextNameNotSupported,
            "unknown application context",
        );
    }
    if request.called_ae_title != provider.title {
        return permanent(
            Reason::CalledAETitleNotRecognized,
            "called AE title not recognized",
        );
    }
    match provider.services.offers(caller) {
        Some(offers) => Ok(offers),
        None => permanent(
            Reason::CallingAETitleNotRecognized,
            "calling AE title not recognized",
        ),
    }
}

/// What was asked for besides presentation contexts.
struct Asked<'a> {
    roles: HashMap<&'a str, RequestorRoles>,
    extended: HashMap<&'a str, &'a [u8]>,
}

impl<'a> Asked<'a> {
    fn of(items: &'a [UserVariableItem]) -> Self {
        let mut asked = Self {
            roles: HashMap::new(),
            extended: HashMap::new(),
        };
        for item in items {
            match item {
                UserVariableItem::ScuScpRoleSelectionSubItem(class, roles) => {
                    asked.roles.insert(trimmed(class), *roles);
                }
                UserVariableItem::SopClassExtendedNegotiationSubItem(class, data) => {
                    asked.extended.insert(trimmed(class), data);
                }
                _ => {}
            }
        }
        asked
    }
}

/// The longest PDU that the peer takes; 0: any.
pub(super) fn peer_pdu_bytes(items: &[UserVariableItem]) -> u32 {
    items
        .iter()
        .find_map(|item| match item {
            UserVariableItem::MaxLength(length) => Some(*length),
            _ => None,
        })
        .unwrap_or(0)
}

/// Chooses for each proposed context the first transfer syntax that can be kept: what the sender would
/// rather send is what it has.
pub(super) fn negotiate(
    limits: &Limits,
    offers: Offers,
    request: &AssociationRQ,
) -> (Vec<Context>, AssociationAC) {
    let asked = Asked::of(&request.user_variables);
    let mut accepted: Vec<Context> = Vec::new();
    let mut results = Vec::new();
    for proposed in &request.presentation_contexts {
        let (reason, transfer_syntax) = match choose(proposed, offers, &asked) {
            Ok(context) => {
                let syntax = context.transfer_syntax.clone();
                accepted.push(context);
                (PresentationContextResultReason::Acceptance, syntax)
            }
            Err(reason) => (reason, uids::IMPLICIT_VR_LITTLE_ENDIAN.to_owned()),
        };
        results.push(PresentationContextResult {
            id: proposed.id,
            reason,
            transfer_syntax,
        });
    }
    let answer = AssociationAC {
        protocol_version: 1,
        calling_ae_title: request.calling_ae_title.clone(),
        called_ae_title: request.called_ae_title.clone(),
        application_context_name: request.application_context_name.clone(),
        presentation_contexts: results,
        user_variables: user_variables(limits, &accepted, &asked, request),
    };
    (accepted, answer)
}

fn user_variables(
    limits: &Limits,
    accepted: &[Context],
    asked: &Asked<'_>,
    request: &AssociationRQ,
) -> Vec<UserVariableItem> {
    let mut items = vec![
        UserVariableItem::MaxLength(limits.pdu_bytes),
        UserVariableItem::ImplementationClassUID(create::IMPLEMENTATION_CLASS_UID.to_owned()),
        UserVariableItem::ImplementationVersionName(create::IMPLEMENTATION_VERSION.to_owned()),
    ];
    let window = |item: &UserVariableItem| matches!(item, UserVariableItem::Unknown(kind, _) if *kind == OPERATIONS_WINDOW);
    if request.user_variables.iter().any(window) {
        // One operation at a time, in both directions.
        items.push(UserVariableItem::Unknown(
            OPERATIONS_WINDOW,
            vec![0, 1, 0, 1],
        ));
    }
    for (class, roles) in &asked.roles {
        if let Some(context) = accepted.iter().find(|context| context.class == **class) {
            let agreed = RequestorRoles {
                scu: roles.scu && (context.peer_sends || context.service != Service::Storage),
                scp: roles.scp && context.peer_takes,
            };
            let class = (*class).to_owned();
            items.push(UserVariableItem::ScuScpRoleSelectionSubItem(class, agreed));
        }
    }
    for (class, data) in &asked.extended {
        if let Some(context) = accepted.iter().find(|context| context.class == **class)
            && let Some(data) = extended(context.service, data)
        {
            items.push(UserVariableItem::SopClassExtendedNegotiationSubItem(
                (*class).to_owned(),
                data,
            ));
        }
    }
    items
}

/// The answer to an extended negotiation: relational queries and retrievals, and combined date-time matching,
/// are done where they are asked for; fuzzy matching of names, adjustment of time zones and conversion to
/// other image forms are not.
fn extended(service: Service, asked: &[u8]) -> Option<Vec<u8>> {
    match service {
        Service::Find(_) | Service::Move(_) | Service::Get(_) => {
            let relational = asked.first().is_some_and(|first| *first == 1);
            let mut answer = vec![0; asked.len().min(6)];
            if let Some(first) = answer.first_mut() {
                *first = u8::from(relational);
            }
            if let (Service::Find(_), Some(second)) = (service, answer.get_mut(1)) {
                *second = u8::from(asks_for_combined_times(asked));
            }
            Some(answer)
        }
        // Storage: level 2 (all attributes are kept), no digital signatures, no coercion.
        Service::Storage => Some(vec![2, 0, 0, 0, 0, 0]),
        _ => None,
    }
}

/// The second byte of an extended negotiation for queries (PS3.4 section C.5.1.1.1).
fn asks_for_combined_times(asked: &[u8]) -> bool {
    asked.get(1) == Some(&1)
}

fn choose(
    proposed: &PresentationContextProposed,
    offers: Offers,
    asked: &Asked<'_>,
) -> Result<Context, PresentationContextResultReason> {
    let class = trimmed(&proposed.abstract_syntax);
    let service =
        service(class).ok_or(PresentationContextResultReason::AbstractSyntaxNotSupported)?;
    // Without a word about roles the peer is the user.
    let roles = asked.roles.get(class).copied().unwrap_or(RequestorRoles {
        scu: true,
        scp: false,
    });
    let peer_sends = roles.scu && offers.store;
    let peer_takes = service == Service::Storage && roles.scp && offers.retrieve;
    let offered = match service {
        Service::Verification => true,
        Service::Storage => peer_sends || peer_takes,
        Service::Find(_) => offers.query,
        Service::Move(_) | Service::Get(_) => offers.retrieve,
        Service::Worklist => offers.worklist,
        Service::Commitment => offers.commitment,
    };
    if !offered {
        return Err(PresentationContextResultReason::UserRejection);
    }
    // Messages without pixel data need no compression.
    let known: &[&str] = if service == Service::Storage {
        TRANSFER_SYNTAXES
    } else {
        crate::transcode::FALLBACK
    };
    let known = |syntax: &String| known.iter().find(|known| **known == trimmed(syntax));
    let chosen = proposed.transfer_syntaxes.iter().find_map(known);
    let transfer_syntax =
        chosen.ok_or(PresentationContextResultReason::TransferSyntaxesNotSupported)?;
    let extended = asked.extended.get(class).copied().unwrap_or_default();
    Ok(Context {
        id: proposed.id,
        class: class.to_owned(),
        service,
        transfer_syntax: (*transfer_syntax).to_owned(),
        peer_sends,
        peer_takes,
        relational: service != Service::Storage && extended.first() == Some(&1),
        combined_times: matches!(service, Service::Find(_)) && asks_for_combined_times(extended),
    })
}

fn trimmed(uid: &str) -> &str {
    uid.trim_matches([' ', '\0'])
}
