//! The bids of the input. Bidders are numbered from 1 in the order of the file, and a name is one organisation wherever it
//! stands.

use std::collections::{BTreeMap, BTreeSet};

use commonweal_domain::amount::Share;
use commonweal_domain::catalogue::{Catalogue, MeasureRef};
use commonweal_domain::ids::{BidId, Id, OrganisationId};
use commonweal_domain::organisation::certification::SeoKind;
use commonweal_domain::scoring::Entrant;
use commonweal_domain::scoring::robustness::PanelMarks;
use commonweal_domain::tender::bid::{BidContent, Commitment};
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::tender::{CriterionCode, Lot, Participation};
use commonweal_domain::text::is_line;
use commonweal_domain::time::Period;
use serde_json::{Value, json};
use uuid::Uuid;

use super::contest::{money, parsed};
use super::error::InputError;
use super::input::BidInput;
use super::rule::read as read_value;

/// Names of bids and organisations by id.
pub(super) type Names = BTreeMap<Uuid, String>;

/// Everything that the bids say.
#[derive(Debug, Default)]
pub(super) struct Bids {
    pub(super) entrants: Vec<Entrant>,
    pub(super) certified: BTreeSet<(OrganisationId, SeoKind)>,
    pub(super) groups: BTreeMap<OrganisationId, OrganisationId>,
    pub(super) panel: PanelMarks,
    pub(super) names: Names,
    by_name: BTreeMap<String, OrganisationId>,
}

/// Organisations that do not bid stand behind all bidders.
const OTHERS: u128 = 1 << 64;

/// Reads the bids, each checked against the plan.
pub(super) fn read(
    inputs: &[BidInput],
    plan: &Plan,
    lot: &Lot,
    catalogue: &Catalogue,
) -> Result<Bids, InputError> {
    let mut bids = Bids::default();
    for (number, (index, input)) in (1_u128..).zip(inputs.iter().enumerate()) {
        let id = OrganisationId::from_uuid(Uuid::from_u128(number));
        check_name(&input.name, &format!("/bids/{index}/name"))?;
        let known = bids.by_name.insert(input.name.clone(), id);
        if known.is_some() {
            let message = format!("`{}` stands twice: each bid has its own name", input.name);
            return Err(InputError::at(format!("/bids/{index}/name"), message));
        }
        bids.names.insert(id.uuid(), input.name.clone());
    }
    for (index, input) in inputs.iter().enumerate() {
        bids.add(index, input, (plan, lot), catalogue)?;
    }
    Ok(bids)
}

/// A name stands in every output, so that it must not look like another one.
fn check_name(name: &str, pointer: &str) -> Result<(), InputError> {
    if is_line(name, 200) {
        return Ok(());
    }
    let message = "expected a name of 1 to 200 characters on one line, without hidden characters and blanks at its ends";
    Err(InputError::at(pointer, message))
}

impl Bids {
    fn organisation(&mut self, name: &str) -> OrganisationId {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let number = OTHERS + self.by_name.len() as u128;
        let id = OrganisationId::from_uuid(Uuid::from_u128(number));
        self.by_name.insert(name.to_owned(), id);
        self.names.insert(id.uuid(), name.to_owned());
        id
    }

    fn add(
        &mut self,
        index: usize,
        input: &BidInput,
        (plan, lot): (&Plan, &Lot),
        catalogue: &Catalogue,
    ) -> Result<(), InputError> {
        let pointer = format!("/bids/{index}");
        let supplier = self.organisation(&input.name);
        if let Some(owner) = &input.owner {
            check_name(owner, &format!("{pointer}/owner"))?;
            let top = self.organisation(owner);
            self.groups.insert(supplier, top);
        }
        let participations = self.participations(input, supplier, &pointer)?;
        let content = BidContent {
            lot: lot.code.clone(),
            price: money(&input.price, plan.currency, &format!("{pointer}/price"))?,
            item_prices: by_code(&input.item_prices, &format!("{pointer}/item_prices"), {
                |price, pointer| money(price, plan.currency, pointer)
            })?,
            commitments: commitments(input, plan, catalogue, &pointer)?,
            participations,
            answers: answers(input, &pointer)?,
            declarations: by_code(
                &input.declarations,
                &format!("{pointer}/declarations"),
                |declared, _| Ok(*declared),
            )?,
        };
        content
            .check(plan, catalogue, supplier)
            .map_err(|error| InputError::at(place(&pointer, &error.path, input), error.problem))?;
        let table = Table { plan };
        let levels = by_code(&input.levels, &format!("{pointer}/levels"), |level, _| {
            Ok(*level)
        })?;
        for (code, level) in &levels {
            table.check(code, *level, &format!("{pointer}/levels/{code}"))?;
        }
        let bid = BidId::from_uuid(supplier.uuid());
        for (code, marks) in &input.evaluators {
            let at = format!("{pointer}/evaluators/{code}");
            let code: CriterionCode = parsed(code, &at)?;
            for mark in marks {
                table.check(&code, *mark, &at)?;
            }
            self.panel.insert((bid, code), marks.clone());
        }
        let received_at = input.received_at.as_ref();
        let received_at = received_at
            .map(|text| parsed(text, &format!("{pointer}/received_at")))
            .transpose()?;
        let confirmed = input.partners.iter().filter(|partner| partner.confirmed);
        let confirmed = confirmed
            .map(|partner| self.organisation(&partner.name))
            .collect();
        self.entrants.push(Entrant {
            bid,
            sealed: Id::from_uuid(supplier.uuid()),
            supplier,
            lot: lot.code.clone(),
            received_at: received_at.unwrap_or(plan.closes_at),
            content: content.into(),
            levels,
            confirmed,
        });
        Ok(())
    }

    /// The bidder with what its partners leave of the whole.
    fn participations(
        &mut self,
        input: &BidInput,
        supplier: OrganisationId,
        pointer: &str,
    ) -> Result<Vec<Participation>, InputError> {
        self.certify(supplier, &input.certified, &format!("{pointer}/certified"))?;
        let mut rest = Share::WHOLE.millionths();
        let mut parts = Vec::new();
        for (index, partner) in input.partners.iter().enumerate() {
            let at = format!("{pointer}/partners/{index}");
            check_name(&partner.name, &format!("{at}/name"))?;
            let organisation = self.organisation(&partner.name);
            let share: Share = parsed(&partner.share.0, &format!("{at}/share"))?;
            self.certify(organisation, &partner.certified, &format!("{at}/certified"))?;
            rest = rest.checked_sub(share.millionths()).ok_or_else(|| {
                let message = "the partners' shares sum to more than 1: lower them";
                InputError::at(format!("{at}/share"), message)
            })?;
            parts.push(Participation {
                organisation,
                share,
                under: None,
            });
        }
        let own = Share::from_millionths(rest).map_err(|error| InputError::at(pointer, error))?;
        parts.insert(
            0,
            Participation {
                organisation: supplier,
                share: own,
                under: None,
            },
        );
        Ok(parts)
    }

    fn certify(
        &mut self,
        organisation: OrganisationId,
        kinds: &[Value],
        pointer: &str,
    ) -> Result<(), InputError> {
        for (index, kind) in kinds.iter().enumerate() {
            let kind = read_value(kind, &format!("{pointer}/{index}"))?;
            self.certified.insert((organisation, kind));
        }
        Ok(())
    }
}

fn by_code<T, U>(
    given: &BTreeMap<String, T>,
    pointer: &str,
    read: impl Fn(&T, &str) -> Result<U, InputError>,
) -> Result<BTreeMap<CriterionCode, U>, InputError> {
    let pairs = given.iter().map(|(code, value)| {
        let at = format!("{pointer}/{code}");
        Ok((parsed(code, &at)?, read(value, &at)?))
    });
    pairs.collect()
}

/// The words of an answer decide nothing; that there are some does.
fn answers(input: &BidInput, pointer: &str) -> Result<BTreeMap<CriterionCode, String>, InputError> {
    let answer = |(index, code): (usize, &String)| {
        let code = parsed(code, &format!("{pointer}/answered/{index}"))?;
        Ok((code, "answered".to_owned()))
    };
    input.answered.iter().enumerate().map(answer).collect()
}

fn commitments(
    input: &BidInput,
    plan: &Plan,
    catalogue: &Catalogue,
    pointer: &str,
) -> Result<Vec<Commitment>, InputError> {
    // No scoring rule asks when and where; the year is a stand-in.
    let period: Period = read_value(&json!({"from": "2001-01-01", "to": "2002-01-01"}), pointer)?;
    let read_one = |(code, quantity): (&String, &super::input::Decimal)| {
        let at = format!("{pointer}/commitments/{code}");
        let code = parsed(code, &at)?;
        let measure = catalogue.measure(&code).ok_or_else(|| {
            let message = format!("there is no measure {code}: describe it under `measures`");
            InputError::at(&*at, message)
        })?;
        let quantity = measure
            .quantity(&quantity.0)
            .map_err(|error| InputError::at(&*at, error))?;
        let measure = MeasureRef {
            catalogue: plan.catalogue,
            code,
        };
        Ok(Commitment {
            measure,
            quantity,
            period,
            place: "ZZ".to_owned(),
        })
    };
    input.commitments.iter().map(read_one).collect()
}

/// The place in the input of a place in the content.
fn place(pointer: &str, path: &str, input: &BidInput) -> String {
    let mut steps = path.split('/').skip(1);
    match (steps.next(), steps.next()) {
        (Some("commitments"), Some(index)) => {
            let index = index.parse().unwrap_or(usize::MAX);
            let code = input.commitments.keys().nth(index);
            format!("{pointer}/commitments/{}", code.map_or("", String::as_str))
        }
        (Some("participations"), _) => format!("{pointer}/partners"),
        (Some("answers"), _) => format!("{pointer}/answered"),
        _ => format!("{pointer}{path}"),
    }
}

/// The tables of levels.
struct Table<'a> {
    plan: &'a Plan,
}

impl Table<'_> {
    fn check(&self, code: &CriterionCode, level: u32, pointer: &str) -> Result<(), InputError> {
        let leaves = self.plan.leaves().unwrap_or_default();
        let leaf = leaves.iter().find(|leaf| leaf.criterion.code == *code);
        let Some(table) = leaf.and_then(|leaf| leaf.rule.judged()) else {
            let message = format!("the plan has no criterion {code} that a panel judges by levels");
            return Err(InputError::at(pointer, message));
        };
        if table.has(level) {
            return Ok(());
        }
        let known: Vec<String> = table
            .levels
            .iter()
            .take(12)
            .map(|level| level.points.to_string())
            .collect();
        let more = if table.levels.len() > known.len() {
            ", .."
        } else {
            ""
        };
        let message = format!(
            "{level} is not a level of {code}: use one of {}{more}",
            known.join(", ")
        );
        Err(InputError::at(pointer, message))
    }
}
