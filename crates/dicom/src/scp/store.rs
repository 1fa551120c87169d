//! C-STORE.

use super::{Refused, association::Association, negotiate::Context};
use crate::{Status, dimse::Request, file_of_data_set, parse, wire::Ended};

impl Association {
    /// Stores one object and answers.
    pub(super) async fn store(
        &mut self,
        context: &Context,
        request: &Request,
        data_set: Vec<u8>,
    ) -> Result<(), Ended> {
        let (status, comment) = self.keep(context, request, data_set).await;
        self.done(context, request, status, &comment).await
    }

    async fn keep(
        &self,
        context: &Context,
        request: &Request,
        data_set: Vec<u8>,
    ) -> (Status, String) {
        let mismatch = |why: &str| (Status::MISMATCH, why.to_owned());
        if request.class != context.class {
            return mismatch("class differs from the presentation context");
        }
        let (class, instance) = (request.class.clone(), request.instance.clone());
        let (syntax, caller) = (context.transfer_syntax.clone(), self.caller.title.clone());
        // Hashing and parsing large objects would hold up other associations of this thread.
        let parsed = tokio::task::spawn_blocking(move || {
            parse(file_of_data_set(
                &class, &instance, &syntax, &caller, &data_set,
            )?)
        });
        let object = match parsed.await {
            Ok(Ok(object)) => object,
            Ok(Err(error)) => return (Status::NOT_UNDERSTOOD, error.to_string()),
            Err(_) => {
                let why = "the object could not be read";
                return (Status::NOT_UNDERSTOOD, why.to_owned());
            }
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
