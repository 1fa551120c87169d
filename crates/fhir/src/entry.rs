//! The entries of a transaction or batch.

use serde_json::Value;

use crate::reply::Failure;

/// More entries than any exporter puts into one bundle.
const MAX_ENTRIES: usize = 20_000;

/// An entry of a transaction or batch, as it was sent.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) place: String,
    pub(crate) full_url: Option<String>,
    pub(crate) method: Method,
    pub(crate) kind: String,
    pub(crate) id: Option<String>,
    pub(crate) query: String,
    pub(crate) if_none_exist: Option<String>,
    pub(crate) if_match: Option<String>,
    pub(crate) resource: Option<Value>,
}

/// In the order in which a transaction does them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    Delete,
    Post,
    Put,
    Get,
}

/// The type and entries of a bundle that is to be done.
pub(crate) fn read_entries(bundle: Value) -> Result<(String, Vec<Entry>), Failure> {
    let Value::Object(mut bundle) = bundle else {
        return Err(missing("Bundle", "resourceType"));
    };
    let kind = bundle
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let is_bundle = bundle.get("resourceType").and_then(Value::as_str) == Some("Bundle");
    if !is_bundle || !matches!(kind.as_str(), "transaction" | "batch") {
        let (zh, en) = (
            "此处应为 transaction 或 batch 类型的 Bundle。",
            "a Bundle of type transaction or batch is needed here.",
        );
        return Err(Failure::new(400, "value", "Bundle.type", zh, en));
    }
    let entries = match bundle.remove("entry") {
        Some(Value::Array(entries)) => entries,
        None => Vec::new(),
        Some(_) => {
            return Err(Failure::new(
                400,
                "structure",
                "Bundle.entry",
                "此处应为数组。",
                "an array is needed here.",
            ));
        }
    };
    if entries.len() > MAX_ENTRIES {
        let (zh, en) = (
            "Bundle 条目过多；请拆分。",
            "the bundle has too many entries; split it.",
        );
        return Err(Failure::new(413, "too-long", "Bundle.entry", zh, en));
    }
    let entries: Result<Vec<Entry>, Failure> = entries
        .into_iter()
        .enumerate()
        .map(|(index, entry)| read_entry(index, entry))
        .collect();
    Ok((kind, entries?))
}

fn read_entry(index: usize, mut entry: Value) -> Result<Entry, Failure> {
    let place = format!("Bundle.entry[{index}]");
    let request = entry.get("request").cloned().unwrap_or_default();
    let text = |name: &str| request.get(name).and_then(Value::as_str).map(str::to_owned);
    let method = match text("method").as_deref() {
        Some("GET") => Method::Get,
        Some("POST") => Method::Post,
        Some("PUT") => Method::Put,
        Some("DELETE") => Method::Delete,
        _ => {
            let (zh, en) = (
                "方法应为 GET、POST、PUT 或 DELETE。",
                "the method is GET, POST, PUT or DELETE.",
            );
            return Err(Failure::new(
                400,
                "value",
                format!("{place}.request.method"),
                zh,
                en,
            ));
        }
    };
    let url = text("url").ok_or_else(|| missing(&place, "request.url"))?;
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let mut parts = path.trim_matches('/').split('/');
    let kind = parts.next().unwrap_or_default().to_owned();
    let id = parts.next().map(str::to_owned);
    let is_plain = parts.next().is_none()
        && !kind.is_empty()
        && !(method == Method::Post && id.is_some())
        && !(id.is_none() && query.is_empty() && matches!(method, Method::Put | Method::Delete));
    if !is_plain {
        let (zh, en) = (
            "网址应为 Type、Type/id 或 Type?条件。",
            "the address is Type, Type/id or Type?condition, as the method needs.",
        );
        return Err(Failure::new(
            400,
            "value",
            format!("{place}.request.url"),
            zh,
            en,
        ));
    }
    Ok(Entry {
        full_url: entry
            .get("fullUrl")
            .and_then(Value::as_str)
            .map(str::to_owned),
        query: query.to_owned(),
        if_none_exist: text("ifNoneExist"),
        if_match: text("ifMatch"),
        resource: entry.get_mut("resource").map(Value::take),
        place,
        method,
        kind,
        id,
    })
}

/// A required element that is not there.
pub(crate) fn missing(place: &str, name: &str) -> Failure {
    Failure::new(
        400,
        "required",
        format!("{place}.{name}"),
        "缺少必填元素。",
        "this element is required.",
    )
}
