//! Where a request comes from, when proxies stand in between. What a request says about that is believed only as far as
//! a trusted proxy has said it.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// What proxies tell the addresses of those before them with: each adds the one that it was asked by, on the right.
const HEADER: &str = "x-forwarded-for";

/// The address of who has made a request: the last one that no trusted proxy has.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address.to_canonical()));
    let lines = headers.get_all(HEADER).iter();
    let mut told: Vec<&[u8]> = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).collect();
    let mut address = peer.to_canonical();
    while is_trusted(address) {
        // Something else than an address is nothing that a proxy has said.
        match told.pop().and_then(parse) {
            Some(before) => address = before.to_canonical(),
            None => break,
        }
    }
    address
}

/// An address, with brackets and a port or without.
fn parse(part: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(part).ok()?.trim();
    let socket = || text.parse().ok().map(|address: std::net::SocketAddr| address.ip());
    text.parse().ok().or_else(socket)
}

/// A network at the command line; an address is a network of one.
///
/// # Errors
/// How one is written.
pub fn parse_network(text: &str) -> Result<IpNet, &'static str> {
    let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse().ok().or_else(one).ok_or("must be an address or a network, such as 10.0.0.0/8 or ::1")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn check(peer: &str, told: &[&str], trusted: &[&str], expected: &str) {
        let mut headers = HeaderMap::new();
        for line in told {
            headers.append(HEADER, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| parse_network(net).unwrap()).collect();
        let found = client_address(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(found.to_string(), expected, "{peer} {told:?} {trusted:?}");
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        check("192.0.2.1", &[], &[], "192.0.2.1");
        check("192.0.2.1", &["198.51.100.7"], &[], "192.0.2.1");
        check("127.0.0.1", &["198.51.100.7"], &["127.0.0.1"], "198.51.100.7");
        // What a client says of itself stands left of what the proxy adds.
        check("127.0.0.1", &["203.0.113.9, 198.51.100.7"], &["127.0.0.1"], "198.51.100.7");
        check("127.0.0.1", &["203.0.113.9", "198.51.100.7"], &["127.0.0.1"], "198.51.100.7");
        check("10.0.0.1", &["198.51.100.7, 10.0.0.2"], &["10.0.0.0/8"], "198.51.100.7");
        check("10.0.0.1", &["10.0.0.3, 10.0.0.2"], &["10.0.0.0/8"], "10.0.0.3");
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        check("::1", &["[2001:db8::7]:4711"], &["::1"], "2001:db8::7");
        check("::1", &["198.51.100.7:4711"], &["::1"], "198.51.100.7");
        check("::ffff:127.0.0.1", &["198.51.100.7"], &["127.0.0.0/8"], "198.51.100.7");
        check("::1", &["somebody"], &["::1"], "::1");
        // What is no address hides what stands left of it, and nothing else.
        check("::1", &["203.0.113.9, é, 198.51.100.7"], &["::1"], "198.51.100.7");
        check("::1", &["203.0.113.9", "é"], &["::1"], "::1");
        check("::1", &[], &["::1"], "::1");
        assert!(parse_network("example.org").is_err());
        assert!(parse_network("10.0.0.0/33").is_err());
    }
}
