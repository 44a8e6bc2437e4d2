//! Log entries of programmes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::payment::{Payment, decide_payment};
use super::state::Recorded;
use super::statement::{Statement, StatementFacts, decide_statement};
use super::terms::Programme;
use crate::actor::Role;
use crate::contract::entries::{ALLOWED, acted_for};
use crate::ids::ProgrammeId;
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};

/// `programme.opened`: an outcome payer publishes what it will pay for, and by which terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeOpened {
    /// The programme.
    pub programme: Programme,
}

/// `programme.stated`: what a programme owes by its terms. The payment happens outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeStated {
    /// The statement.
    pub statement: Statement,
}

/// `programme.paid`: a payment that happened outside, by its reference. That it happened is attested by the payer alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgrammePaid {
    /// The payment.
    pub payment: Payment,
}

fn opened<'s>(id: ProgrammeId, header: &Header, state: &'s State) -> Result<&'s Recorded, Finding> {
    state
        .programmes
        .programme(id)
        .ok_or_else(|| header.finding("programme", "a programme that was opened", id))
}

impl EntryBody for ProgrammeOpened {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let programme = &self.programme;
        state.organisations.expect(programme.payer, header)?;
        acted_for(header, programme.payer, &[Role::Officer])?;
        if state.programmes.programme(programme.id).is_some() {
            return Err(header.finding("programme", "a new id", programme.id));
        }
        let checked = programme.check(|measure| state.catalogues.measure(measure));
        checked.map_err(|error| header.finding("programme", ALLOWED, error))?;
        state.programmes.open(programme.clone());
        Ok(())
    }
}

impl EntryBody for ProgrammeStated {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let recorded = opened(self.statement.programme, header, state)?;
        let checked = self.check(recorded, header, state);
        // A statement that is wrong stands all the same: what follows is judged by what the log says.
        state.programmes.take(&self.statement);
        checked.inspect(|()| state.tally.recomputed("statements of entitlement"))
    }
}

impl ProgrammeStated {
    fn check(&self, recorded: &Recorded, header: &Header, state: &State) -> Result<(), Finding> {
        acted_for(header, recorded.programme.payer, &[Role::Officer])?;
        let outcomes = recorded.outcomes(state, header.index, header.at);
        let facts = StatementFacts {
            number: recorded.statements.saturating_add(1),
            on: header.at.date(),
            outcomes: &outcomes,
            before: &recorded.counted,
            standings: &recorded.standings,
        };
        let expected = decide_statement(&recorded.programme, facts)
            .map_err(|error| header.finding("statement", ALLOWED, error))?;
        let (found, expected) = (&self.statement, &expected);
        if found.number != expected.number {
            let (expected, found) = (expected.number, found.number);
            return Err(header.finding("statement number", expected, found));
        }
        differ(header, "counted claims", &expected.counted, &found.counted)?;
        differ(header, "entitlements", &expected.lines, &found.lines)?;
        if found.left != expected.left {
            return Err(header.finding("left of the budget", expected.left, found.left));
        }
        Ok(())
    }
}

/// The first place where two lists differ.
fn differ<T: PartialEq + std::fmt::Debug>(
    header: &Header,
    check: &'static str,
    expected: &[T],
    found: &[T],
) -> Result<(), Finding> {
    let none = || "none".to_owned();
    let text = |one: Option<&T>| one.map_or_else(none, |one| format!("{one:?}"));
    let longest = expected.len().max(found.len());
    match (0..longest).find(|at| expected.get(*at) != found.get(*at)) {
        None => Ok(()),
        Some(at) => Err(header.finding(check, text(expected.get(at)), text(found.get(at)))),
    }
}

impl EntryBody for ProgrammePaid {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let payment = &self.payment;
        let recorded = opened(payment.programme, header, state)?;
        acted_for(header, recorded.programme.payer, &[Role::Officer])?;
        let paid = decide_payment(
            payment,
            recorded.programme.budget.currency(),
            recorded.standings.get(&payment.organisation).copied(),
            recorded.knows(&payment.reference),
            header.at.date(),
        )
        .map_err(|error| header.finding("payment", ALLOWED, error))?;
        state.programmes.pay(payment, paid);
        state.tally.attested("payments");
        Ok(())
    }
}
