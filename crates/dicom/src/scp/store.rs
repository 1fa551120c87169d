//! C-STORE.

use super::{Refused, association::Association, negotiate::Context};
use crate::{Status, dimse::Request, file_head, parse_within, receive::Arriving, wire::Ended};

impl Association {
    /// Stores one object and answers.
    pub(super) async fn store(
        &mut self,
        context: &Context,
        request: &Request,
        data_set: Option<Arriving>,
    ) -> Result<(), Ended> {
        let (status, comment) = self.keep(context, request, data_set).await;
        self.done(context, request, status, &comment).await
    }

    async fn keep(
        &self,
        context: &Context,
        request: &Request,
        data_set: Option<Arriving>,
    ) -> (Status, String) {
        let mismatch = |why: &str| (Status::MISMATCH, why.to_owned());
        if request.class != context.class {
            return mismatch("class differs from the presentation context");
        }
        let head = file_head(
            &request.class,
            &request.instance,
            &context.transfer_syntax,
            &self.caller.title,
        );
        let (head, data_set) = match (head, data_set) {
            (Ok(head), Some(data_set)) => (head, data_set),
            (Err(error), _) => return (Status::NOT_UNDERSTOOD, error.to_string()),
            (_, None) => return mismatch("there is no data set"),
        };
        // Its room is held until it is on disk.
        let held = match data_set.whole(&head).await {
            Ok(held) => held,
            Err(error) => {
                tracing::error!(%error, "an object could not be put by while it arrived");
                return (Status::OUT_OF_RESOURCES, "no room".to_owned());
            }
        };
        // Parsing large objects would hold up other associations of this thread.
        let parsed = parse_within(held.bytes.clone(), &self.memory);
        let object = match parsed.await {
            Ok(object) => object,
            Err(error) => return (Status::NOT_UNDERSTOOD, error.to_string()),
        };
        if object.class.as_str() != request.class || object.sop.as_str() != request.instance {
            return mismatch("data set is another object than announced");
        }
        match self.services.store(&self.caller, object).await {
            Ok(()) => (Status::SUCCESS, String::new()),
            Err(refused) => {
                let comment = match &refused {
                    Refused::Mismatch(why) | Refused::NotUnderstood(why) => (*why).to_owned(),
                    other => other.to_string(),
                };
                (refused.status(), comment)
            }
        }
    }
}
