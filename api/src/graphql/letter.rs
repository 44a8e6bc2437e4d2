//! Decision letters with reasons.

use std::collections::HashMap;

use async_graphql::dataloader::Loader as Load;
use async_graphql::{Enum, SimpleObject};
use commonweal_app::read::letter::LetterView;
use commonweal_domain::ids::BidId;
use commonweal_domain::scoring::letter as domain;

use super::context::refuse;
use super::loaders::Loader;

/// The language of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::Language")]
pub enum Language {
    /// English.
    English,
    /// Korean.
    Korean,
}

/// A part of a letter.
#[derive(Debug, Clone, SimpleObject)]
pub(super) struct LetterSection {
    /// Its heading.
    heading: String,
    /// Its lines.
    lines: Vec<String>,
}

/// The letter that tells a bidder the decision, with reasons: the same for the same facts.
#[derive(Debug, Clone, SimpleObject)]
pub(super) struct Letter {
    /// Its language.
    language: Language,
    /// Whether two officers have decided the award. Until then it is a preview, which only the buyer sees.
    approved: bool,
    /// What it is about.
    subject: String,
    /// Sender, addressee and reference.
    head: Vec<String>,
    /// Its parts in order.
    sections: Vec<LetterSection>,
    /// The whole as plain text.
    text: String,
}

impl From<LetterView> for Letter {
    fn from(view: LetterView) -> Self {
        let text = view.letter.text();
        let section = |section: domain::Section| LetterSection {
            heading: section.heading,
            lines: section.lines,
        };
        Self {
            language: view.letter.language.into(),
            approved: view.approved,
            subject: view.letter.subject,
            head: view.letter.head,
            sections: view.letter.sections.into_iter().map(section).collect(),
            text,
        }
    }
}

/// The letter for a bid in a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LetterOf(pub BidId, pub Language);

impl Load<LetterOf> for Loader {
    type Value = LetterView;
    type Error = async_graphql::Error;

    /// One query for each language.
    async fn load(&self, keys: &[LetterOf]) -> Result<HashMap<LetterOf, LetterView>, Self::Error> {
        let mut languages: HashMap<Language, Vec<BidId>> = HashMap::new();
        for LetterOf(bid, language) in keys {
            languages.entry(*language).or_default().push(*bid);
        }
        let mut found = HashMap::new();
        for (language, bids) in languages {
            let read = self.app().read();
            let letters = read.letters_of(self.actor(), &bids, language.into()).await;
            let letters = letters.map_err(refuse)?.into_iter();
            found.extend(letters.map(|(bid, view)| (LetterOf(bid, language), view)));
        }
        Ok(found)
    }
}
