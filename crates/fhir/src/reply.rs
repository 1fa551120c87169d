use record::{RecordError, ResourceVersion};
use serde_json::Value;
use vocabulary::Timestamp;

use crate::{Issue, operation_outcome};

/// An answer, for the server to put on the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The version, for `ETag: W/"n"`.
    pub version: Option<u64>,
    /// For `Last-Modified`.
    pub last_modified: Option<Timestamp>,
    /// For `Location`: the address of the new version.
    pub location: Option<String>,
    /// The resource, `Bundle` or `OperationOutcome`.
    pub body: Option<Value>,
}

impl Reply {
    pub(crate) fn body(status: u16, body: Value) -> Self {
        Self {
            status,
            version: None,
            last_modified: None,
            location: None,
            body: Some(body),
        }
    }

    pub(crate) fn version(status: u16, version: ResourceVersion) -> Self {
        Self {
            status,
            version: Some(version.version),
            last_modified: Some(version.at),
            location: None,
            body: version.body,
        }
    }

    /// A refusal with its reasons.
    pub fn refused(status: u16, issues: &[Issue]) -> Self {
        Self::body(status, operation_outcome(issues))
    }

    /// The `ETag` header's value.
    pub fn etag(&self) -> Option<String> {
        self.version.map(|version| format!("W/\"{version}\""))
    }

    /// What an `OperationOutcome` in the body says, in one line; empty where there is none.
    pub fn diagnostics(&self) -> String {
        let issues = self
            .body
            .as_ref()
            .and_then(|body| body.get("issue"))
            .and_then(Value::as_array);
        let line = |issue: &Value| {
            let text = issue
                .pointer("/details/text")
                .and_then(Value::as_str)
                .unwrap_or_default();
            match issue.pointer("/expression/0").and_then(Value::as_str) {
                Some(place) => format!("{place}: {text}"),
                None => text.to_owned(),
            }
        };
        issues
            .into_iter()
            .flatten()
            .map(line)
            .collect::<Vec<_>>()
            .join("; ")
    }
}

/// Why an interaction could not be done, on its way to a [`Reply`].
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) issues: Vec<Issue>,
}

impl Failure {
    pub(crate) fn new(
        status: u16,
        code: &'static str,
        location: impl Into<String>,
        zh: &str,
        en: &str,
    ) -> Self {
        Self {
            status,
            issues: vec![Issue::at(code, location, zh, en)],
        }
    }

    pub(crate) fn not_found() -> Self {
        let (zh, en) = (
            "资源不存在，或您无权读取。",
            "there is no such resource, or you may not read it.",
        );
        Self::new(404, "not-found", "", zh, en)
    }

    pub(crate) fn not_permitted() -> Self {
        let (zh, en) = ("您无权进行此操作。", "you are not permitted to do this.");
        Self::new(403, "forbidden", "", zh, en)
    }

    /// The failure, with its locations put below `place`.
    pub(crate) fn below(mut self, place: &str) -> Self {
        for issue in &mut self.issues {
            issue.location = if issue.location.is_empty() {
                place.to_owned()
            } else {
                format!("{place}.{}", issue.location)
            };
        }
        self
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Self {
        Self::refused(failure.status, &failure.issues)
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        let (status, code, zh, en) = match error {
            RecordError::NotPermitted => return Self::not_found(),
            RecordError::Conflict { .. } => (
                409,
                "conflict",
                "资源刚被他人更改；请重新读取后再试。",
                "the resource was changed meanwhile; read it again and retry.",
            ),
            RecordError::Full => (
                507,
                "no-store",
                "磁盘已满，无法保存新内容；已有内容仍可读取。",
                "the disk is full; nothing new is kept, what is there can be read.",
            ),
            RecordError::Damaged(_) => (
                500,
                "exception",
                "存储内容已损坏；请运行 yuanyi verify。",
                "what is stored is damaged; run yuanyi verify.",
            ),
            RecordError::Store(_) => (
                503,
                "transient",
                "存储暂不可用；请稍后再试。",
                "the store cannot be reached; try again later.",
            ),
        };
        Self::new(status, code, "", zh, en)
    }
}
