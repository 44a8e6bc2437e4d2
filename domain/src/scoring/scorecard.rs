//! Scorecards: every number of a bid with what it was made from. They are data; pages, letters and entries are drawn from them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::points::Points;
use super::rules::{Reason, Rule};
use crate::catalogue::MeasureCode;
use crate::fraction::Fraction;
use crate::ids::{BidId, CatalogueId, PersonId, ProxyPackId};
use crate::organisation::certification::SeoKind;
use crate::tender::code::CriterionCode;
use crate::tender::disclosure::{BidField, Disclosure};
use crate::tender::lot::LotCode;
use crate::tender::plan::Plan;
use crate::time::Date;

/// A named value that a mark was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name in the formula, or what it is.
    pub name: String,
    /// Its exact value as text.
    pub value: String,
}

/// The names of inputs that are the figure of another bid: the bounds of rules that compare bids.
const OF_OTHERS: [&str; 3] = ["p_min", "p_max", "v_max"];

impl Input {
    /// Whether it may be the figure of another bid.
    fn of_others(&self) -> bool {
        OF_OTHERS.contains(&self.name.as_str())
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers pass amounts, numbers and references alike"
    )]
    pub(super) fn new(name: impl Into<String>, value: impl ToString) -> Self {
        Self {
            name: name.into(),
            value: value.to_string(),
        }
    }
}

/// The mark of one criterion, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Mark {
    /// A mark.
    Defined {
        /// Before rounding.
        exact: Fraction,
        /// Rounded once to the plan's scale: what counts.
        rounded: Points,
    },
    /// The rule has no value, and the ranking is withheld.
    Undefined(Reason),
    /// It follows from a field that this reader may not see.
    Withheld(BidField),
    /// It follows from a field that is public and was not published, such as the price of a losing bid: neither zero nor
    /// ranked.
    Unknown(BidField),
}

impl Mark {
    /// The rounded mark, if there is one.
    pub fn rounded(self) -> Option<Points> {
        match self {
            Self::Defined { rounded, .. } => Some(rounded),
            _ => None,
        }
    }
}

/// One criterion of a scorecard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoredMark {
    /// The criterion.
    pub criterion: CriterionCode,
    /// The rule's name.
    pub rule: String,
    /// The rule's formula.
    pub formula: String,
    /// `W`: the points that the criterion can bring, as exact decimal.
    pub points: String,
    /// Every input by name; empty where a field is withheld.
    pub inputs: Vec<Input>,
    /// The mark.
    pub mark: Mark,
    /// What beside the plan the mark comes from: published versions of what its rule refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// What the panel judged, for a criterion that people judge. Marks are sealed when the ranking is computed, so that the
    /// hash in the log is that of scorecards without it ([`Scorecard::with_panel`]); the log shows its parts one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel: Option<PanelTrace>,
}

/// A published version that a mark comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// Measures of a version of a catalogue.
    Catalogue {
        /// The version.
        catalogue: CatalogueId,
        /// The measures whose quantities the rule counts.
        measures: Vec<MeasureCode>,
    },
    /// Money values of a version of a proxy pack.
    ProxyPack {
        /// The pack.
        pack: ProxyPackId,
        /// Its title and version.
        title: String,
    },
    /// Certifications of some kinds, valid on a day.
    Certifications {
        /// The kinds.
        kinds: Vec<SeoKind>,
        /// The day.
        on: Date,
    },
}

/// What the panel judged of a bid on a criterion, as far as its reader may see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelTrace {
    /// The evaluators' final marks, each alone; empty while they are sealed from the reader.
    pub marks: Vec<EvaluatorMark>,
    /// What the panel agreed on.
    pub consensus: Option<Consensus>,
}

/// An evaluator's mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluatorMark {
    /// Who marked.
    pub evaluator: PersonId,
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Why; none when the text was erased or the reader may not see it.
    pub reason: Option<String>,
}

/// A level that the panel agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consensus {
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Why; none when the text was erased or the reader may not see it.
    pub reason: Option<String>,
    /// Log index of the signature.
    pub entry_index: u64,
}

impl PanelTrace {
    fn without_reasons(&mut self) {
        for mark in &mut self.marks {
            mark.reason = None;
        }
        if let Some(consensus) = &mut self.consensus {
            consensus.reason = None;
        }
    }
}

impl ScoredMark {
    /// The panel's reason for what it agreed on.
    pub fn reason(&self) -> Option<&str> {
        self.panel.as_ref()?.consensus.as_ref()?.reason.as_deref()
    }
}

/// How the total was made from the marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TotalTrace {
    /// The method's name.
    pub method: String,
    /// The method's formula.
    pub formula: String,
    /// Every input by name; empty where one is missing, withheld or unknown.
    pub inputs: Vec<Input>,
    /// The total before and after rounding, or why there is none; `None` while a mark is missing, withheld or unknown.
    pub total: Option<Mark>,
}

/// All marks of one bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scorecard {
    /// The bid.
    pub bid: BidId,
    /// Its lot.
    pub lot: LotCode,
    /// The catalogue version to which measures refer.
    pub catalogue: CatalogueId,
    /// One mark for each leaf of the lot, in its order.
    pub marks: Vec<ScoredMark>,
    /// The total by the plan's method, rounded to its scale; none while a mark is missing or withheld.
    pub total: Option<Points>,
    /// How the total was made.
    pub method: TotalTrace,
}

/// Who reads a scorecard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Anyone, and the log.
    Public,
    /// A bidder of the tender, reading about another's bid.
    Party,
    /// The bidder, reading about its own bid: all of it, and of the others as much as a party.
    Own,
    /// The buyer or an auditor.
    Full,
}

impl Audience {
    /// Whether what is about a bid is shown to this audience whole: texts to the bidder, to the buyer and to auditors.
    pub fn is_close(self) -> bool {
        matches!(self, Self::Own | Self::Full)
    }

    /// Whether this audience may see a field with a disclosure.
    pub fn may_see(self, disclosure: &Disclosure) -> bool {
        match self {
            Self::Public => *disclosure == Disclosure::Public,
            Self::Party => !matches!(disclosure, Disclosure::Withheld { .. }),
            Self::Own | Self::Full => true,
        }
    }
}

impl Source {
    /// What a rule of a plan refers to.
    pub(super) fn of(plan: &Plan, rule: &Rule) -> Vec<Self> {
        let measures = rule.measures();
        let catalogue = (!measures.is_empty()).then(|| Self::Catalogue {
            catalogue: plan.catalogue,
            measures: measures.to_vec(),
        });
        let proxies = plan.proxies.as_ref().filter(|_| rule.in_money().is_some());
        let pack = proxies.map(|proxies| Self::ProxyPack {
            pack: proxies.pack,
            title: proxies.title.clone(),
        });
        let mut kinds = rule.certification_kinds();
        kinds.sort_unstable();
        kinds.dedup();
        let certifications = (!kinds.is_empty()).then(|| Self::Certifications {
            kinds,
            on: plan.certification_day(),
        });
        [catalogue, pack, certifications]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl Scorecard {
    /// The scorecard with what the panel judged, criterion by criterion.
    #[must_use]
    pub fn with_panel(mut self, mut panel: BTreeMap<CriterionCode, PanelTrace>) -> Self {
        for scored in &mut self.marks {
            scored.panel = panel.remove(&scored.criterion);
        }
        self
    }

    /// The scorecard as an audience may see it: a mark that follows from a hidden field goes with its inputs, and the
    /// total with it, from which the mark could be found by subtraction. A bidder sees its own marks whole, without the
    /// inputs that are a rival's hidden figure. The panel's reasons may quote the answers, and are shown to whoever may see
    /// those.
    #[must_use]
    pub fn shown_to(mut self, audience: Audience, plan: &Plan) -> Self {
        let hidden = |fields: &[BidField]| {
            let hidden = |field: &&BidField| !audience.may_see(plan.disclosure.of(**field));
            fields.iter().find(hidden).copied()
        };
        if !audience.may_see(&plan.disclosure.answers) {
            for panel in self.marks.iter_mut().filter_map(|mark| mark.panel.as_mut()) {
                panel.without_reasons();
            }
        }
        let lot = plan.lot(&self.lot);
        let leaves = lot.and_then(|lot| plan.leaves_of(lot).ok());
        let leaves = leaves.unwrap_or_default();
        let mut total_hidden = hidden(plan.method.reads());
        for (scored, leaf) in self.marks.iter_mut().zip(leaves) {
            let reads = leaf.rule.reads();
            if let Some(field) = hidden(&reads) {
                scored.mark = Mark::Withheld(field);
                scored.inputs.clear();
                total_hidden = Some(field);
            } else if audience == Audience::Own && leaf.rule.depends_on_other_bids() {
                let rivals = |field: &BidField| Audience::Party.may_see(plan.disclosure.of(*field));
                if !reads.iter().all(rivals) {
                    scored.inputs.retain(|input| !input.of_others());
                    if scored.mark == Mark::Undefined(Reason::EqualPrices) {
                        scored.mark = Mark::Undefined(Reason::Withheld);
                    }
                }
            }
        }
        if let Some(field) = total_hidden {
            self.total = None;
            self.method.inputs.clear();
            self.method.total = Some(Mark::Withheld(field));
        }
        self
    }
}
