//! Where a log is read: the paths of C2SP tlog-tiles below a server's address or in a folder.

mod cache;
mod folder;
mod http;

pub use cache::Cache;
pub use folder::Folder;
pub use http::Http;

/// A place that serves the files of a log.
pub trait Source {
    /// Where this is, for people.
    fn address(&self) -> String;

    /// Reads one file by its path below the log, such as `checkpoint` or `tile/0/000.p/7`. More than `limit` bytes are an
    /// error, and never held in memory.
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError>;

    /// Whether there is a log to read at all.
    fn is_there(&self) -> bool {
        true
    }
}

/// No log: what is checked must hold everything that is needed.
pub(crate) struct Missing;

impl Source for Missing {
    fn address(&self) -> String {
        "no log".to_owned()
    }

    fn read(&self, path: &str, _: u64) -> Result<Vec<u8>, SourceError> {
        Err(SourceError::Missing {
            path: format!("{path}, because no log was named"),
        })
    }

    fn is_there(&self) -> bool {
        false
    }
}

/// Why a file of the log could not be read. None of these says that the log is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The place is there and the file is not.
    #[error("there is no {path}: check the address, or ask the operator for the missing file")]
    Missing {
        /// Where it should be.
        path: String,
    },
    /// The file is longer than anything of its sort.
    #[error("{path} has more than {limit} bytes, which nothing of its sort has: check the address")]
    TooLarge {
        /// Where it is.
        path: String,
        /// The most bytes that it may have.
        limit: u64,
    },
    /// The place does not answer, or not in a way that can be used.
    #[error("{path} could not be read ({reason}): try again later, or check the address")]
    Unreachable {
        /// What was asked for.
        path: String,
        /// What happened.
        reason: String,
    },
}

/// The log at an address: a server when it begins with `http://` or `https://`, else a folder.
pub fn open(address: &str) -> Box<dyn Source> {
    if address.starts_with("http://") || address.starts_with("https://") {
        Box::new(Http::new(address))
    } else {
        Box::new(Folder::new(address))
    }
}
