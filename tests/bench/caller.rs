//! A client that costs next to nothing, so that the servers are measured: one connection, ready-made requests, bodies by
//! their length and unread.

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where a server listens, from its URL.
pub(crate) fn address(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}

/// A POST request of JSON, by the holder of a token where there is one.
pub(crate) fn post(path: &str, token: Option<&str>, body: &[u8]) -> Vec<u8> {
    let token = token.map_or_else(String::new, |token| {
        format!("authorization: Bearer {token}\r\n")
    });
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
         accept: application/graphql-response+json\r\n{token}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A connection that is kept.
pub(crate) struct Caller {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Caller {
    /// Connects to `HOST:PORT`.
    pub(crate) async fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(1 << 16),
        })
    }

    /// Sends a request and answers the body, which must come with status 200 and a length.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let start = loop {
            self.read().await?;
            let end = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                break end + 4;
            }
        };
        let length = length(&self.buffer[..start])?;
        while self.buffer.len() < start + length {
            self.read().await?;
        }
        ensure!(
            self.buffer.len() == start + length,
            "more than the body came"
        );
        Ok(&self.buffer[start..])
    }

    async fn read(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "the server closed the connection");
        Ok(())
    }
}

/// The length of the body that a head announces.
fn length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head)?.to_ascii_lowercase();
    ensure!(head.starts_with("http/1.1 200 "), "refused: {head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.with_context(|| format!("no length: {head}"))?;
    Ok(length.trim().parse()?)
}
