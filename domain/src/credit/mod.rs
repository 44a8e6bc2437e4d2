//! Credits: classes, batches, accounts and postings.

pub mod posting;
