//! The edge over real HTTP on a loopback port, in front of a small real schema that has nothing of the nouns.

#[cfg(test)]
mod errors;
#[cfg(test)]
mod http;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod server;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod transport;
