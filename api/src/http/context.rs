//! What the edge knows of every request before any handler sees it: its trace id and the address it came from.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicU64, Ordering},
};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap},
};
use sha2::{Digest as _, Sha256};

use crate::graphql::errors::TraceId;

/// Put into the extensions of every request.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The trace id.
    pub trace: TraceId,
    /// The client's address, as far as trusted proxies tell.
    pub peer: IpAddr,
}

/// Makes trace ids: unguessable from outside as long as the seed is, and unique within a process.
#[derive(Debug)]
pub struct TraceIds {
    seed: [u8; 16],
    count: AtomicU64,
}

impl TraceIds {
    /// From a random seed of this process.
    pub fn new(seed: [u8; 16]) -> Self {
        Self {
            seed,
            count: AtomicU64::new(0),
        }
    }

    /// The next trace id.
    pub fn next_id(&self) -> TraceId {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let hash = Sha256::new()
            .chain_update(self.seed)
            .chain_update(count.to_be_bytes())
            .finalize();
        TraceId(hex::encode(&hash[..16]))
    }
}

/// The address of the client: of the connection, unless that is a trusted proxy, which tells in `X-Forwarded-For`.
pub fn client_address(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted_proxies: &[IpAddr],
) -> IpAddr {
    let connected = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| {
            info.0.ip().to_canonical()
        });
    if !trusted_proxies.contains(&connected) {
        return connected;
    }
    // Each proxy appends whom it saw, so the last address that is no proxy of ours is the client.
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    forwarded
        .iter()
        .rev()
        .map_while(|text| text.trim().parse::<IpAddr>().ok())
        .map(|address| address.to_canonical())
        .find(|address| !trusted_proxies.contains(address))
        .unwrap_or(connected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(connected: &str, forwarded: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(connected.parse().unwrap(), 1)));
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let proxies = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        client_address(&extensions, &headers, &proxies).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(address("192.0.2.7", &["198.51.100.1"]), "192.0.2.7");
        assert_eq!(address("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(
            address("::ffff:10.0.0.1", &["198.51.100.1"]),
            "198.51.100.1"
        );
    }

    #[test]
    fn what_a_client_writes_before_the_proxies_is_ignored() {
        assert_eq!(
            address("10.0.0.1", &["203.0.113.9, 198.51.100.1"]),
            "198.51.100.1"
        );
        assert_eq!(
            address("10.0.0.1", &["203.0.113.9, 198.51.100.1, 10.0.0.2"]),
            "198.51.100.1"
        );
        assert_eq!(
            address("10.0.0.1", &["203.0.113.9", "198.51.100.1"]),
            "198.51.100.1"
        );
        assert_eq!(address("10.0.0.1", &["198.51.100.1, rubbish"]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn trace_ids_differ() {
        let ids = TraceIds::new([7; 16]);
        let (one, two) = (ids.next_id(), ids.next_id());
        assert_ne!(one, two);
        assert_eq!(one.0.len(), 32);
        assert_ne!(one, TraceIds::new([8; 16]).next_id());
    }
}
