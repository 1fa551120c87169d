//! The client's files, held in the program.

use axum::{
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../client/dist"]
#[allow_missing = true]
struct ClientFiles;

/// Serves a file of the client; any other path gets the page itself, which has its own routes.
pub async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let (name, found) = match ClientFiles::get(path) {
        Some(found) if !path.is_empty() => (path, found),
        _ if is_page(path) => match ClientFiles::get("index.html") {
            Some(found) => ("index.html", found),
            None => return no_client(),
        },
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let tag = format!("\"{}\"", hex::encode(&found.metadata.sha256_hash()[..16]));
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    // Names below assets/ hold a hash of their content, so they never change.
    let keep = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (header::CONTENT_TYPE, media_type(name).to_owned()),
        (header::CACHE_CONTROL, keep.to_owned()),
        (header::ETAG, tag),
    ];
    (headers, found.data).into_response()
}

/// A route of the page has no file ending; ids of rooms and studies have dots in them.
fn is_page(path: &str) -> bool {
    !path
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains('.'))
        || path.starts_with("rooms/")
        || path.starts_with("imaging/")
}

fn no_client() -> Response {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        "The client has not been built into this program. Run `npm ci && npm run build`, then build the server again.",
    )
        .into_response()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "wasm" => "application/wasm",
        "glb" => "model/gltf-binary",
        "gltf" => "model/gltf+json",
        "woff2" => "font/woff2",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
