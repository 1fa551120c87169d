use policy::{Actor, Refusal, RefusalKind};
use record::RecordError;
use serde::de::DeserializeOwned;
use serde_json::Value;
use vocabulary::Text;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Do.
    Post,
    /// Replace.
    Put,
}

/// A request below `/api/scenarios/{id}/`, by an actor who has signed in.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is to be done.
    pub method: Method,
    /// The path below the scenario's own, split at `/`.
    pub path: Vec<String>,
    /// Who asks.
    pub actor: Actor,
    /// The JSON body; null where there was none.
    pub body: Value,
}

impl Request {
    /// The path's segments.
    pub fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// The body as `T`. What is wrong with it is said by field, not by content.
    pub fn body_as<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_value(self.body.clone()).map_err(|error| {
            let en = match error.classify() {
                serde_json::error::Category::Data => {
                    "the request's fields are not those expected here; see the scenario's README"
                }
                _ => "the request's body must be a JSON object",
            };
            Problem::invalid("请求内容不符合要求；见该场景的 README", en)
        })
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status, 2xx.
    pub status: u16,
    /// The JSON body.
    pub body: Value,
}

impl Reply {
    /// 200 with a body.
    pub fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    /// 201 with a body.
    pub fn created(body: Value) -> Self {
        Self { status: 201, body }
    }
}

/// A refusal or failure: what, where and what to do, in both languages and without patient data.
#[derive(Debug, thiserror::Error)]
#[error("{}", detail.en)]
pub struct Problem {
    /// HTTP status, 4xx or 5xx.
    pub status: u16,
    /// What to tell who asked.
    pub detail: Text,
    /// For the log only: why the server itself failed.
    #[source]
    pub cause: Option<RecordError>,
}

impl Problem {
    /// A problem with its status.
    pub fn new(status: u16, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            status,
            detail: Text::new(zh, en),
            cause: None,
        }
    }

    /// 422: the input cannot be used.
    pub fn invalid(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(422, zh, en)
    }

    /// 409: not now; a step before it is missing, or it has been done.
    pub fn out_of_order(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(409, zh, en)
    }

    /// 412: what the request builds on has changed meanwhile.
    pub fn changed(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(412, zh, en)
    }

    /// 404: there is no such thing, or none that the actor may know of.
    pub fn not_found() -> Self {
        Self::new(
            404,
            "没有这一项，或您无权查看",
            "there is no such thing here, or you may not see it",
        )
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.kind {
            RefusalKind::NotPermitted => 403,
            RefusalKind::NotWitnessed => 503,
        };
        Self {
            status,
            detail: refusal.reason,
            cause: None,
        }
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::NotPermitted => Self::not_found(),
            RecordError::Conflict { .. } => Self::changed(
                "其他人刚刚作了修改；请重新读取后再试",
                "someone else changed it just now; read it again and then try again",
            ),
            RecordError::Full => Self::new(
                507,
                "磁盘已满，无法保存；已有内容仍可读取",
                "the disk is full, nothing new can be kept; what is kept can be read",
            ),
            other => Self {
                cause: Some(other),
                ..Self::new(
                    500,
                    "服务器出错；未作任何修改",
                    "the server failed; nothing was changed",
                )
            },
        }
    }
}
