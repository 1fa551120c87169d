//! C-FIND: the record's studies, and the worklist.

use std::sync::Arc;

use dicom_object::InMemDicomObject;

use super::{
    association::{Association, is_cancelled, unless_cancelled},
    negotiate::Context,
};
use crate::{
    Status,
    dimse::{Request, Response},
    query::{self, Root, Search},
    wire::Ended,
};

/// Rows that are asked of the record at once.
const PAGE: usize = 500;

/// How a query came to its end.
enum End {
    All,
    Cancelled,
    /// There are more matches than are given.
    TooMany,
    Refused(Status, String),
}

impl Association {
    /// Answers a query with one pending response for each match.
    pub(super) async fn find(
        &mut self,
        context: &Context,
        root: Root,
        request: &Request,
        data_set: &[u8],
    ) -> Result<(), Ended> {
        let search = query::search(root, context.relational, data_set, &context.transfer_syntax);
        let end = match search {
            Ok(mut search) => {
                search.query.combined_times = context.combined_times;
                self.matches(context, root, request, search).await?
            }
            Err(error) => End::Refused(Status::MISMATCH, error.to_string()),
        };
        self.end(context, request, end).await
    }

    async fn matches(
        &mut self,
        context: &Context,
        root: Root,
        request: &Request,
        mut search: Search,
    ) -> Result<End, Ended> {
        let services = Arc::clone(&self.services);
        let caller = self.caller.clone();
        search.query.limit = PAGE;
        let mut given = 0;
        loop {
            let page = services.find(&caller, &search.query);
            let page = match unless_cancelled(&mut self.wire, request.message, page).await? {
                None => return Ok(End::Cancelled),
                Some(Err(refused)) => {
                    return Ok(End::Refused(refused.status(), refused.to_string()));
                }
                Some(Ok(page)) => page,
            };
            let is_last = page.rows.len() < PAGE;
            search.query.offset += page.rows.len();
            for row in &page.rows {
                if given == self.most_answers {
                    return Ok(End::TooMany);
                }
                given += 1;
                if is_cancelled(&mut self.wire, request.message).await? {
                    return Ok(End::Cancelled);
                }
                let attributes = &row.attributes;
                let answer =
                    query::data_set(root, search.level, &search.keys, attributes, &self.title);
                self.pending(context, request, &answer, search.ignores_some)
                    .await?;
            }
            if is_last {
                return Ok(End::All);
            }
        }
    }

    /// Answers a query of the modality worklist.
    pub(super) async fn worklist(
        &mut self,
        context: &Context,
        request: &Request,
        data_set: &[u8],
    ) -> Result<(), Ended> {
        let end = match query::read_keys(data_set, &context.transfer_syntax) {
            Ok(keys) => {
                let services = Arc::clone(&self.services);
                let caller = self.caller.clone();
                let rows = services.worklist(&caller, &keys);
                match unless_cancelled(&mut self.wire, request.message, rows).await? {
                    None => End::Cancelled,
                    Some(Err(refused)) => End::Refused(refused.status(), refused.to_string()),
                    Some(Ok(rows)) => {
                        let answers = query::worklist_answers(&keys, &rows);
                        self.scheduled(context, request, &answers).await?
                    }
                }
            }
            Err(error) => End::Refused(Status::MISMATCH, error.to_string()),
        };
        self.end(context, request, end).await
    }

    async fn scheduled(
        &mut self,
        context: &Context,
        request: &Request,
        answers: &[InMemDicomObject],
    ) -> Result<End, Ended> {
        for (number, answer) in answers.iter().enumerate() {
            if number == self.most_answers {
                return Ok(End::TooMany);
            }
            if is_cancelled(&mut self.wire, request.message).await? {
                return Ok(End::Cancelled);
            }
            self.pending(context, request, answer, false).await?;
        }
        Ok(End::All)
    }

    async fn pending(
        &mut self,
        context: &Context,
        request: &Request,
        answer: &InMemDicomObject,
        ignores_some: bool,
    ) -> Result<(), Ended> {
        let status = if ignores_some {
            Status::PENDING_SOME_KEYS
        } else {
            Status::PENDING
        };
        let response = Response {
            status,
            ..Response::default()
        };
        self.respond(context, request, response, Some(answer)).await
    }

    async fn end(&mut self, context: &Context, request: &Request, end: End) -> Result<(), Ended> {
        let (status, comment) = match end {
            End::All => (Status::SUCCESS, String::new()),
            End::Cancelled => (Status::CANCELED, String::new()),
            End::TooMany => (
                Status::OUT_OF_RESOURCES,
                "more matches than are given: narrow the query".to_owned(),
            ),
            End::Refused(status, comment) => (status, comment),
        };
        self.done(context, request, status, &comment).await
    }
}
