//! Scorecards: every number of a bid's evaluation with what it was made from.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use commonweal_domain::ids::CatalogueId;
use commonweal_domain::scoring::scorecard;

use super::catalogue::{self, Catalogue};
use super::evaluation::NoValueReason;
use super::node::node_id;
use super::organisation::SeoKind;
use super::plan::BidField;
use super::scalars::{BigInt, Date, Decimal};

/// A named value that a mark was made from.
#[derive(Debug, Clone, SimpleObject)]
pub struct ScoreInput {
    /// Its name in the formula, or what it is.
    name: String,
    /// Its exact value.
    value: String,
}

/// The mark of one criterion: rule, formula, every input, the unrounded fraction and the rounded mark.
#[derive(Debug, Clone, SimpleObject)]
pub struct ScoredMark {
    /// The criterion.
    criterion: String,
    /// The rule's name.
    rule: String,
    /// The rule's formula.
    formula: String,
    /// `W`: the points that the criterion can bring.
    points: Decimal,
    /// Every input by name; empty where a field is withheld.
    inputs: Vec<ScoreInput>,
    /// The mark before rounding, as a fraction such as `800/21`.
    exact: Option<String>,
    /// The mark, rounded once to the plan's scale: what counts.
    rounded: Option<Decimal>,
    /// Why the rule has no value: then the ranking is withheld.
    no_value: Option<NoValueReason>,
    /// The field that the plan withholds from the caller, from which the mark could be found.
    withheld: Option<BidField>,
    /// The public field that was not published: the mark is unknown, which is neither zero nor ranked.
    unknown: Option<BidField>,
    /// Published versions that the mark comes from beside the plan.
    sources: Vec<ScoreSource>,
    /// What the panel judged; null for a criterion that nobody judges.
    panel: Option<PanelTrace>,
}

/// A published version that a mark comes from. Exactly one of its parts is there.
#[derive(Debug, Clone, SimpleObject)]
pub struct ScoreSource {
    /// A version of a measure catalogue.
    catalogue: Option<ID>,
    /// The measures of it that the rule counts.
    measures: Option<Vec<String>>,
    /// A version of a proxy pack, by title.
    proxy_pack: Option<String>,
    /// Kinds of certification that the rule asks about.
    certifications: Option<Vec<SeoKind>>,
    /// The day on which they must be valid.
    certified_on: Option<Date>,
}

impl From<scorecard::Source> for ScoreSource {
    fn from(source: scorecard::Source) -> Self {
        let none = Self {
            catalogue: None,
            measures: None,
            proxy_pack: None,
            certifications: None,
            certified_on: None,
        };
        match source {
            scorecard::Source::Catalogue {
                catalogue,
                measures,
            } => Self {
                catalogue: Some(node_id(catalogue)),
                measures: Some(measures.iter().map(ToString::to_string).collect()),
                ..none
            },
            scorecard::Source::ProxyPack { title, .. } => Self {
                proxy_pack: Some(title),
                ..none
            },
            scorecard::Source::Certifications { kinds, on } => Self {
                certifications: Some(kinds.into_iter().map(Into::into).collect()),
                certified_on: Some(Date(on)),
                ..none
            },
        }
    }
}

/// What the panel judged of a bid on a criterion.
#[derive(Debug, Clone, SimpleObject)]
pub struct PanelTrace {
    /// The evaluators' final marks, each alone; empty while they are sealed from the caller.
    marks: Vec<EvaluatorMark>,
    /// The level that the panel agreed on.
    level: Option<u32>,
    /// Why; null when the text was erased or the caller may not see it.
    reason: Option<String>,
    /// Log index of the signature under the consensus.
    entry_index: Option<BigInt>,
}

/// An evaluator's mark as a scorecard shows it.
#[derive(Debug, Clone, SimpleObject)]
pub struct EvaluatorMark {
    /// Who marked, as a pseudonym.
    evaluator: ID,
    /// The level, in the points of the criterion's table.
    level: u32,
    /// Why; null when the text was erased or the caller may not see it.
    reason: Option<String>,
}

impl From<scorecard::PanelTrace> for PanelTrace {
    fn from(trace: scorecard::PanelTrace) -> Self {
        let mark = |mark: scorecard::EvaluatorMark| EvaluatorMark {
            evaluator: node_id(mark.evaluator),
            level: mark.level,
            reason: mark.reason,
        };
        let index = trace.consensus.as_ref().map(|one| one.entry_index.into());
        Self {
            marks: trace.marks.into_iter().map(mark).collect(),
            level: trace.consensus.as_ref().map(|one| one.level),
            reason: trace.consensus.and_then(|one| one.reason),
            entry_index: index,
        }
    }
}

impl From<scorecard::ScoredMark> for ScoredMark {
    fn from(scored: scorecard::ScoredMark) -> Self {
        let mut mark = Self {
            criterion: scored.criterion.to_string(),
            rule: scored.rule,
            formula: scored.formula,
            points: Decimal(scored.points),
            inputs: Vec::new(),
            exact: None,
            rounded: None,
            no_value: None,
            withheld: None,
            unknown: None,
            sources: scored.sources.into_iter().map(Into::into).collect(),
            panel: scored.panel.map(Into::into),
        };
        mark.inputs = inputs(scored.inputs);
        match scored.mark {
            scorecard::Mark::Defined { exact, rounded } => {
                mark.exact = Some(format!("{}/{}", exact.numerator(), exact.denominator()));
                mark.rounded = Some(Decimal(rounded.to_string()));
            }
            scorecard::Mark::Undefined(reason) => mark.no_value = Some(reason.into()),
            scorecard::Mark::Withheld(field) => mark.withheld = Some(field.into()),
            scorecard::Mark::Unknown(field) => mark.unknown = Some(field.into()),
        }
        mark
    }
}

fn inputs(inputs: Vec<scorecard::Input>) -> Vec<ScoreInput> {
    let input = |input: scorecard::Input| ScoreInput {
        name: input.name,
        value: input.value,
    };
    inputs.into_iter().map(input).collect()
}

/// How a total was made from the marks.
#[derive(Debug, Clone, SimpleObject)]
pub struct TotalTrace {
    /// The method's name.
    method: String,
    /// The method's formula.
    formula: String,
    /// Every input by name; empty where one is missing, withheld or unknown.
    inputs: Vec<ScoreInput>,
    /// The total before rounding, as a fraction such as `7000/9`.
    exact: Option<String>,
    /// Why the method has no value: then the ranking is withheld.
    no_value: Option<NoValueReason>,
}

impl From<scorecard::TotalTrace> for TotalTrace {
    fn from(trace: scorecard::TotalTrace) -> Self {
        let (exact, no_value) = match trace.total {
            Some(scorecard::Mark::Defined { exact, .. }) => (Some(exact.to_string()), None),
            Some(scorecard::Mark::Undefined(reason)) => (None, Some(reason.into())),
            _ => (None, None),
        };
        Self {
            method: trace.method,
            formula: trace.formula,
            inputs: inputs(trace.inputs),
            exact,
            no_value,
        }
    }
}

/// Every number of a bid's evaluation.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Scorecard {
    /// One mark for each leaf of the lot, in its order.
    marks: Vec<ScoredMark>,
    /// The total by the plan's method; null while a mark is missing or withheld.
    total: Option<Decimal>,
    /// How the total was made.
    total_trace: TotalTrace,
    #[graphql(skip)]
    catalogue_id: CatalogueId,
}

#[ComplexObject]
impl Scorecard {
    /// The catalogue version to which measures refer.
    async fn catalogue(&self, context: &Context<'_>) -> async_graphql::Result<Option<Catalogue>> {
        catalogue::load(context, self.catalogue_id).await
    }
}

impl From<scorecard::Scorecard> for Scorecard {
    fn from(card: scorecard::Scorecard) -> Self {
        Self {
            marks: card.marks.into_iter().map(Into::into).collect(),
            total: card.total.map(|total| Decimal(total.to_string())),
            total_trace: card.method.into(),
            catalogue_id: card.catalogue,
        }
    }
}
