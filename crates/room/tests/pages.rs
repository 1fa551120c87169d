//! Which pages of the client stand in a room: by their addresses, and by nothing that leads elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod stage;

use room::{Entity, Refusal, limits};
use serde_json::{Value, json};
use stage::Stage;

fn page(path: &str) -> Value {
    let transform = stage::hologram().transform;
    let entity = json!({"type": "page", "transform": transform, "path": path, "title": ""});
    json!({"act": "add", "entity": entity})
}

#[test]
fn a_page_has_a_query_and_a_part_where_its_address_has_them() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let longest = format!(
        "/imaging?series={}",
        "1".repeat(limits::PATH_BYTES - "/imaging?series=".len())
    );
    for path in [
        "/?x",
        "/imaging/1.2.840?series=1.2.840.1",
        "/imaging?modality=CT&from=2026-01-01",
        "/patients/p1?ask",
        "/scenarios/ward-twin/icu?part=command#dispatch",
        "/devices#device-a.1_b",
        "/scenarios/ward-twin/%E7%97%85?part=%E6%88%BF+1%2C2",
        &longest,
    ] {
        stage.wait(100);
        let id = stage.done(host, page(path));
        match &stage.room.entity(id).unwrap().entity {
            Entity::Page(kept) => assert_eq!(kept.path, path),
            other => panic!("no page: {other:?}"),
        }
        stage.accepted(host, json!({"act": "remove", "id": id}));
    }
    let too_long = format!("{longest}1");
    let refused = stage.refused(host, page(&too_long));
    assert_eq!(refused, Some(Refusal::NoPage));
    let id = stage.done(host, page("/devices#upgrades"));
    let set = |path: &str| json!({"act": "set", "id": id, "patch": {"type": "page", "path": path}});
    stage.accepted(host, set("/devices?x=1#maintenance"));
    let refused = stage.refused(host, set("/devices?x=//y"));
    assert_eq!(refused, Some(Refusal::NoPage));
}

#[test]
fn no_query_part_or_escape_leads_elsewhere() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    for path in [
        "?series=1",
        "#weeks",
        "https://elsewhere.example/imaging?series=1",
        "//elsewhere.example?series=1",
        "/api/accounts?x=1",
        "/rooms/r2?x=1",
        "/rooms#x",
        // A query is names and values, and nothing that begins another address.
        "/imaging?",
        "/imaging?=1",
        "/imaging?a=1&",
        "/imaging?a&&b",
        "/imaging?a?b",
        "/imaging?to=//elsewhere.example",
        "/imaging?to=/rooms/r2",
        "/imaging?to=%2Frooms",
        "/imaging?to=javascript:alert",
        "/imaging?to=https%3Aelsewhere.example",
        "/imaging?to=https%3aelsewhere.example",
        "/imaging?to=%5C%5Celsewhere.example",
        "/imaging?a=<b>",
        "/imaging?a=\"b\"",
        "/imaging?a=b c",
        "/imaging?a=\u{7}",
        "/imaging?a=\nb",
        "/imaging?a=%00",
        "/imaging?a=%0d%0ab",
        "/imaging?a=%7F",
        "/imaging?a=病",
        // A part is a name.
        "/devices#",
        "/devices#a b",
        "/devices#a/b",
        "/devices#a%20b",
        "/devices#a#b",
        "/devices#a?b=1",
        "/devices#:~:text=x",
        "/devices#a\u{0}",
        // Escapes are whole, and no letter, dot or slash hides in one.
        "/imaging/%",
        "/imaging/%4",
        "/imaging/%+f",
        "/imaging/%zz",
        "/imaging/%病",
        "/imaging?a=%",
        "/imaging/%2e%2e/api/accounts",
        "/%72ooms/r2",
        "/imaging/a%2Fb",
    ] {
        stage.wait(100);
        let refused = stage.refused(host, page(path));
        assert_eq!(refused, Some(Refusal::NoPage), "{path}");
    }
}
