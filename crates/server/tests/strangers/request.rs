//! Any bytes as what somebody sends who asks for a session of WebTransport: the fuzz target `web_transport` and a test
//! of the program feed them.

use wtransport_proto::session::SessionRequest;

use super::http3::headers_of;

/// What is made of bytes.
#[derive(Debug, PartialEq)]
enum Heard {
    /// The beginning of a request, or nothing yet.
    Beginning,
    /// No request.
    Nothing,
    /// Headers, and for which path they ask for a session, if for any.
    Headers(Option<String>),
}

/// Whatever comes is a request, the beginning of one, or none, however it is cut: the first byte says into what pieces.
pub fn request(bytes: &[u8]) {
    let Some((piece, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = hear(bytes, bytes.len());
    assert_eq!(hear(bytes, usize::from(*piece)), whole);
}

fn hear(bytes: &[u8], piece: usize) -> Heard {
    let mut come = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        come.extend_from_slice(piece);
        match headers_of(&mut come) {
            Ok(None) => {}
            Ok(Some(headers)) => {
                let asked = SessionRequest::try_from(headers).ok();
                return Heard::Headers(asked.map(|asked| asked.path().to_owned()));
            }
            Err(_) => return Heard::Nothing,
        }
    }
    Heard::Beginning
}
