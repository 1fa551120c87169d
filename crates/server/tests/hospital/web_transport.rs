//! A client's end of WebTransport, as a browser has it: it knows the server by the SHA-256 of its certificate.
#![allow(dead_code, reason = "each that takes it in uses a part of it")]

#[allow(
    clippy::duplicate_mod,
    reason = "the program's own tests take it in beside the program's"
)]
#[path = "../../src/transport/http3.rs"]
mod http3;

use std::{net::SocketAddr, sync::Arc};

use quinn::{
    ClientConfig, Endpoint,
    crypto::rustls::QuicClientConfig,
    rustls::{
        self, DigitallySignedStruct, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{self, CryptoProvider, ring},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};
use sha2::{Digest as _, Sha256};

use http3::{ALPN, Session, Streams};

/// An open session.
pub struct Client {
    pub session: Session,
    connection: quinn::Connection,
    _streams: Streams,
    _endpoint: Endpoint,
}

impl Client {
    /// Comes to a server that shows one of these certificates; `None` where it is not let in.
    pub async fn open(server: SocketAddr, path: &str, known: &[[u8; 32]]) -> Option<Self> {
        let provider = Arc::new(ring::default_provider());
        let known = Known {
            fingerprints: known.to_vec(),
            provider: Arc::clone(&provider),
        };
        let mut tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .ok()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(known))
            .with_no_client_auth();
        tls.alpn_protocols = vec![ALPN.to_vec()];
        let tls = QuicClientConfig::try_from(tls).ok()?;
        let mut endpoint = Endpoint::client("127.0.0.1:0".parse().ok()?).ok()?;
        endpoint.set_default_client_config(ClientConfig::new(Arc::new(tls)));
        let connection = endpoint.connect(server, "localhost").ok()?.await.ok()?;
        let url = format!("https://{server}{path}");
        let (session, streams) = http3::ask(connection.clone(), &url).await?;
        Some(Self {
            session,
            connection,
            _streams: streams,
            _endpoint: endpoint,
        })
    }

    /// Waits until the session has ended.
    pub async fn closed(&self) {
        self.connection.closed().await;
    }

    /// Sends a datagram, in place of the oldest that wait; `false` once the session has ended.
    pub fn send(&self, payload: &[u8]) -> bool {
        let datagram = [&[0], payload].concat();
        self.connection.send_datagram(datagram.into()).is_ok()
    }

    /// Tries to open another stream of both ways.
    pub async fn open_stream(&self) -> bool {
        self.connection.open_bi().await.is_ok()
    }
}

#[derive(Debug)]
struct Known {
    fingerprints: Vec<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let fingerprint: [u8; 32] = Sha256::digest(shown).into();
        if self.fingerprints.contains(&fingerprint) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::General("another certificate".into()))
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("QUIC has TLS 1.3".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, shown, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
