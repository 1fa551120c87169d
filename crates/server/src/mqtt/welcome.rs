//! Who may connect: a device by its token or certificate, a person or program by a bearer token.

use std::{net::SocketAddr, time::Duration};

use policy::Actor;
use vocabulary::{DeviceId, Digest, Text};

use super::{
    Broker,
    claimed::Claim,
    session::Who,
    topic::{self, Place},
    wire::{Broke, Introduction, No},
};
use crate::devices::{Credential, Stranger};

/// Who is connected, and what they have shown, which is looked at again while they stay.
pub enum Known {
    /// A device.
    Device(DeviceId, Credential),
    /// A person or program, as their account was when it was looked at last; the digest of their token.
    Guest(Actor, Digest),
}

impl Known {
    /// Whom a session is kept for.
    pub fn who(&self) -> Who {
        match self {
            Self::Device(device, _) => Who::Device(device.clone()),
            Self::Guest(actor, _) => Who::Guest(actor.id.clone()),
        }
    }
}

/// Whoever is turned away is told after this, so that guessing costs time.
pub const TURNED_AWAY_AFTER: Duration = Duration::from_millis(500);

/// Finds out who connects; says why not, where somebody may not.
pub fn who(
    broker: &Broker,
    introduction: &Introduction,
    certificate: Option<Digest>,
    from: SocketAddr,
) -> Result<Known, No> {
    let found = identity(broker, introduction, certificate);
    found.map_err(|(no, code, why)| {
        let claimed = known(broker, &introduction.client);
        turned_away(broker, claimed, from, (code, why));
        no
    })
}

/// Notes a connection that was turned away.
fn turned_away(
    broker: &Broker,
    claimed: Option<DeviceId>,
    from: SocketAddr,
    (code, why): (&'static str, Text),
) {
    let stranger = Stranger::new(claimed, from.ip(), code, why);
    broker.hospital.devices.stranger(stranger);
}

/// The device of the registry that has this name.
fn known(broker: &Broker, name: &str) -> Option<DeviceId> {
    let id = DeviceId::new(name).ok()?;
    broker
        .hospital
        .devices
        .find(&id)
        .map(|device| device.id.clone())
}

/// Notes a connection that came to no agreement about its encryption. Where a certificate was the reason, the device
/// is the one that registered it, else one that it names.
pub fn not_shaken(broker: &Broker, from: SocketAddr, claim: Option<Claim>) {
    let Some(claim) = claim else {
        let why = Text::new(
            "加密握手失败：协议不符，或不信任本院的证书",
            "The encryption could not be agreed on: another protocol, or no trust in the hospital's certificate",
        );
        return turned_away(broker, None, from, ("tls", why));
    };
    let kept = &broker.hospital.devices.kept;
    let registered = kept.whose(Credential::Certificate(claim.digest));
    let claimed = registered.ok().flatten();
    let claimed = claimed.or_else(|| claim.names.iter().find_map(|name| known(broker, name)));
    turned_away(broker, claimed, from, (claim.code, claim.why));
}

/// Notes a connection that broke off or was against the protocol before anybody had introduced itself.
pub fn no_introduction(broker: &Broker, from: SocketAddr, broke: Broke) {
    turned_away(broker, None, from, (broke.code(), broke.text()));
}

/// A name that nobody has, for who comes without one ([MQTT-3.1.3-7]).
pub fn name(introduction: &Introduction) -> Option<String> {
    let name = || format!("unnamed-{}", hex::encode(rand::random::<[u8; 8]>()));
    introduction.client.is_empty().then(name)
}

type Refused = (No, &'static str, Text);

fn identity(
    broker: &Broker,
    introduction: &Introduction,
    certificate: Option<Digest>,
) -> Result<Known, Refused> {
    let hospital = &broker.hospital;
    let kept = &hospital.devices.kept;
    let internal = |error: anyhow::Error| {
        tracing::error!(%error, "tokens could not be read");
        let why = Text::new(
            "医院暂时无法核对身份",
            "The hospital could not check it just now",
        );
        (No::Busy, "not-checked", why)
    };
    if introduction.other_method {
        let why = Text::new(
            "只接受令牌或证书",
            "Only a token or a certificate shows who one is",
        );
        return Err((No::Method, "other-method", why));
    }
    let password = introduction.password.as_deref();
    let token = password.and_then(|password| std::str::from_utf8(password).ok());
    let token = token.map(|token| Digest::of(token.as_bytes()));
    let shown = [
        certificate.map(Credential::Certificate),
        token.map(Credential::Token),
    ];
    for shown in shown.into_iter().flatten() {
        if let Some(device) = kept.whose(shown).map_err(internal)? {
            return is_device(broker, introduction, device, shown);
        }
    }
    let found = match token {
        Some(token) => {
            let actor = hospital.accounts.whose(token).map_err(internal)?;
            actor.map(|actor| (actor, token))
        }
        None => None,
    };
    let Some((actor, token)) = found else {
        let why = Text::new(
            "令牌或证书无效、已撤销或缺失",
            "The token or certificate is wrong, revoked or missing",
        );
        return Err((No::WrongPassword, "not-known", why));
    };
    let named = introduction.user.as_deref();
    if named.is_some_and(|named| named != actor.id.as_str()) {
        let why = Text::new("用户名与令牌不符", "The user name is not the token's");
        return Err((No::WrongPassword, "another-user", why));
    }
    if introduction.will.is_some() {
        let why = Text::new("只有设备可以留下遗嘱消息", "Only devices may leave a will");
        return Err((No::BadTopic, "foreign-will", why));
    }
    Ok(Known::Guest(actor, token))
}

fn is_device(
    broker: &Broker,
    introduction: &Introduction,
    device: DeviceId,
    shown: Credential,
) -> Result<Known, Refused> {
    if introduction.client != device.as_str() {
        let why = Text::new(
            "客户端标识与令牌所属设备不符",
            "The client id is not the device that the token belongs to",
        );
        return Err((No::BadClientId, "foreign-id", why));
    }
    let known = broker.hospital.devices.find(&device);
    if known.is_none_or(|known| !known.active) {
        let why = Text::new(
            "设备未登记或已停用",
            "The device is not registered, or retired",
        );
        return Err((No::NotAuthorized, "retired", why));
    }
    let own = |topic: &str| {
        let place = topic::read(topic);
        place.is_some_and(|(of, place)| of == device && place != Place::Command)
    };
    if introduction
        .will
        .as_ref()
        .is_some_and(|will| !own(&will.topic))
    {
        let why = Text::new(
            "遗嘱消息不在设备自己的主题之下",
            "The will is not below the device's own id",
        );
        return Err((No::BadTopic, "foreign-will", why));
    }
    Ok(Known::Device(device, shown))
}
