//! Who calls: a browser session by its cookie, or a program by its bearer token.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, OriginalUri},
    http::{HeaderMap, Method, header, request::Parts},
};
use policy::Actor;

use crate::{accounts::Session, config::Net, hospital::Hospital, http::Problem};

/// The name of the session cookie.
pub const COOKIE: &str = "yuanyi_session";

/// The account that sent this request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account.
    pub actor: Actor,
    /// The session or token that it was sent by.
    pub session: Session,
}

impl FromRequestParts<Arc<Hospital>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        hospital: &Arc<Hospital>,
    ) -> Result<Self, Problem> {
        let (token, from_cookie) = match bearer(parts) {
            Some(token) => (token, false),
            None => (cookie(parts).ok_or_else(Problem::unauthorized)?, true),
        };
        // A foreign page can make a browser send the cookie, but not this header.
        let changes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if from_cookie && changes && !parts.headers.contains_key("x-yuanyi-client") {
            return Err(Problem::forbidden(
                "send the header X-Yuanyi-Client: 1 with writing requests",
            ));
        }
        let actor = hospital
            .accounts
            .who_holds(&token)
            .map_err(|error| Problem::internal(&error))?;
        if let Some(actor) = &actor
            && actor.roles.is_empty()
            && hospital.edges.is_edge(&actor.id)
            && !is_door_of_edges(parts)
        {
            return Err(Problem::forbidden("edges send and ask below /api/edge/"));
        }
        actor
            .map(|actor| Self {
                actor,
                session: Session::of(&token),
            })
            .ok_or_else(Problem::unauthorized)
    }
}

/// Whether a request is for a door of edges: an edge has no other.
fn is_door_of_edges(parts: &Parts) -> bool {
    let whole = parts.extensions.get::<OriginalUri>();
    let path = whole.map_or_else(|| parts.uri.path(), |whole| whole.0.path());
    path.starts_with("/api/edge/")
}

fn bearer(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value
        .strip_prefix("Bearer ")
        .map(|token| token.trim().to_owned())
}

/// The session token of the cookie, if the browser sent one.
pub fn cookie(parts: &Parts) -> Option<String> {
    let all = parts.headers.get(header::COOKIE)?.to_str().ok()?;
    all.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then(|| value.to_owned())
    })
}

/// Where the request came from, for the limit on sign-in attempts. What proxies among `trusted` say is believed: each adds
/// from where it was called behind what it was told, so that the last address that is none of theirs is the caller's.
pub fn source(parts: &Parts, trusted: &[Net]) -> String {
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let Some(ConnectInfo(address)) = from else {
        return "unknown".to_owned();
    };
    let mut from = address.ip().to_canonical();
    let mut told = told_by_proxies(&parts.headers);
    while trusted.iter().any(|net| net.contains(&from)) {
        let Some(Some(before)) = told.pop() else {
            break;
        };
        from = before;
    }
    match from {
        IpAddr::V4(from) => from.to_string(),
        // One household or host has all addresses of such a network.
        IpAddr::V6(from) => {
            let [a, b, c, d, ..] = from.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
    }
}

/// The addresses that `Forwarded` (RFC 7239) or `X-Forwarded-For` names, the caller's first; `None` for one that cannot
/// be read. A proxy writes one of the two, and the other comes from the caller as it likes: where both are there and do
/// not say the same, neither is believed.
fn told_by_proxies(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let entries = |name: &str| -> Vec<String> {
        let lines = headers.get_all(name).iter();
        let lines: Vec<_> = lines
            .map(|line| String::from_utf8_lossy(line.as_bytes()))
            .collect();
        let entries = lines.iter().flat_map(|line| line.split(','));
        entries.map(str::to_owned).collect()
    };
    let forwarded: Vec<_> = entries("forwarded")
        .iter()
        .map(|entry| {
            let pairs = entry.split(';').filter_map(|pair| pair.split_once('='));
            let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
            named.next().and_then(|(_, node)| address(node))
        })
        .collect();
    let x_forwarded: Vec<_> = entries("x-forwarded-for")
        .iter()
        .map(|node| address(node))
        .collect();
    if forwarded.is_empty() || forwarded == x_forwarded {
        x_forwarded
    } else if x_forwarded.is_empty() {
        forwarded
    } else {
        Vec::new()
    }
}

/// The address of a node, with or without a port.
fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim().trim_matches('"');
    let bare = node.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>().ok();
    let with_port = || node.parse::<SocketAddr>().ok().map(|node| node.ip());
    Some(address.or_else(with_port)?.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, headers: &[(&str, &str)]) -> String {
        let mut request = axum::http::Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        parts.extensions.insert(ConnectInfo(peer));
        let trusted = ["10.0.0.0/24", "::1"].map(|net| Net::try_from(net.to_owned()).unwrap());
        source(&parts, &trusted)
    }

    #[test]
    fn proxies_that_are_trusted_are_believed_and_nobody_else() {
        let x = "x-forwarded-for";
        let lies = "1.1.1.1, 203.0.113.7";
        assert_eq!(from("203.0.113.9", &[(x, lies)]), "203.0.113.9");
        assert_eq!(from("::ffff:10.0.0.2", &[(x, lies)]), "203.0.113.7");
        assert_eq!(from("10.0.0.2", &[]), "10.0.0.2");
        let two = [(x, "1.1.1.1"), (x, "203.0.113.7, 10.0.0.9")];
        assert_eq!(from("10.0.0.2", &two), "203.0.113.7");
        let standard = r#"for=1.1.1.1, For="203.0.113.7:99";proto=https"#;
        assert_eq!(from("::1", &[("forwarded", standard)]), "203.0.113.7");
        let hidden = [("forwarded", "for=1.1.1.1, for=_hidden")];
        assert_eq!(from("10.0.0.2", &hidden), "10.0.0.2");
    }

    #[test]
    fn what_a_caller_adds_beside_a_proxys_word_gives_no_new_address() {
        let both = [
            ("x-forwarded-for", "203.0.113.7"),
            ("forwarded", "for=9.9.9.9"),
        ];
        assert_eq!(from("10.0.0.2", &both), "10.0.0.2");
        let same = [
            ("x-forwarded-for", "203.0.113.7"),
            ("forwarded", "for=203.0.113.7"),
        ];
        assert_eq!(from("10.0.0.2", &same), "203.0.113.7");
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let standard = [("forwarded", r#"for="[2001:db8:1:2::17]:80""#)];
        assert_eq!(from("10.0.0.2", &standard), "2001:db8:1:2::");
        assert_eq!(from("2001:db8:1:2:3::4", &[]), "2001:db8:1:2::");
    }
}
