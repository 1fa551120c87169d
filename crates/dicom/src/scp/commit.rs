//! Storage commitment: N-ACTION, and the N-EVENT-REPORT on the same association.

use std::sync::Arc;

use super::{association::Association, negotiate::Context};
use crate::{
    Status,
    commitment::{self, CommitmentReport, CommitmentRequest},
    dimse::{Operation, Request},
    query,
    wire::Ended,
};

impl Association {
    /// Answers a request for commitment, then reports. Where the peer ends the association before it has
    /// confirmed the report, the report goes over another.
    pub(super) async fn commit(
        &mut self,
        context: &Context,
        request: &Request,
        data_set: &[u8],
    ) -> Result<(), Ended> {
        if request.instance != commitment::INSTANCE {
            return self
                .done(context, request, Status::NO_SUCH_INSTANCE, "")
                .await;
        }
        if request.kind != Some(commitment::REQUEST_COMMITMENT) {
            return self
                .done(context, request, Status::NO_SUCH_ACTION, "")
                .await;
        }
        let asked = match CommitmentRequest::read(data_set, &context.transfer_syntax) {
            Ok(asked) => asked,
            Err(error) => {
                let status = Status::INVALID_ARGUMENT;
                return self
                    .done(context, request, status, &error.to_string())
                    .await;
            }
        };
        let services = Arc::clone(&self.services);
        match services.commit(&self.caller, asked).await {
            Ok(report) => {
                self.done(context, request, Status::SUCCESS, "").await?;
                self.report(context, report).await
            }
            Err(refused) => {
                let status = match refused.status() {
                    Status::NOT_AUTHORIZED => Status::NOT_AUTHORIZED,
                    _ => Status::PROCESSING_FAILURE,
                };
                self.done(context, request, status, &refused.to_string())
                    .await
            }
        }
    }

    async fn report(&mut self, context: &Context, report: CommitmentReport) -> Result<(), Ended> {
        let message = self.next_message();
        let request = report_request(message, &report);
        let data_set = query::encode(&report.data_set(), &context.transfer_syntax)
            .ok_or(Ended::Protocol("a report could not be written"))?;
        self.reports.insert(message, report);
        self.wire
            .send(context.id, &request.bytes(), Some(&data_set))
            .await
    }
}

/// The N-EVENT-REPORT that brings a report.
pub(crate) fn report_request(message: u16, report: &CommitmentReport) -> Request {
    Request {
        instance: commitment::INSTANCE.to_owned(),
        kind: Some(report.event()),
        ..Request::new(Operation::EventReport, message, commitment::CLASS)
    }
}
