//! The letter in English.

use super::StandstillFact;
use super::say::{
    Advantage, Against, Challenge, Decision, GroundLine, Head, Heading, MarkLine, Named, Say,
    TieRule, Total, civil, levels, quoted, titles,
};
use crate::tender::disclosure::BidField;
use crate::tender::entries::ExclusionGround;
use crate::tender::validity::Validity;
use crate::time::Time;

pub(super) fn heading(heading: Heading) -> &'static str {
    match heading {
        Heading::Decision => "Decision",
        Heading::Marks => "Your marks, with reasons",
        Heading::Advantages => "Relative advantages of the successful bid",
        Heading::Standstill => "Standstill",
        Heading::Challenge => "How to challenge this decision",
        Heading::Remarks => "Remarks of the buyer",
    }
}

pub(super) fn say(sentence: &Say<'_>) -> String {
    match sentence {
        Say::Head(line) => head(line),
        Say::Decision(line) => decision(line),
        Say::Ground(line) => ground(line),
        Say::Mark(line) => mark(line),
        Say::Advantage(line) => advantage(line),
        Say::Standstill(fact) => standstill(fact),
        Say::Challenge(line) => challenge(line),
    }
}

fn head(line: &Head<'_>) -> String {
    match line {
        Head::Subject(title) => format!("Decision on the tender \"{title}\""),
        Head::From(name) => format!("From: {name}"),
        Head::To(name) => format!("To: {name}"),
        Head::Reference(tender) => format!("Reference: tender:{tender}"),
        Head::Lot(lot) => format!("Lot: {}", named(lot)),
    }
}

fn with(total: Option<Total>) -> String {
    match total {
        None => String::new(),
        Some(Total {
            value,
            formula: None,
        }) => format!(", with {value} points"),
        Some(Total {
            value,
            formula: Some(formula),
        }) => format!(", with a total of {value} by {formula}"),
    }
}

fn decision(line: &Decision<'_>) -> String {
    match line {
        Decision::Preview => {
            "PREVIEW: the award has not been approved, and this letter has not been sent."
                .to_owned()
        }
        Decision::Won { rank, of, total } => format!(
            "Your bid has been selected for the award: it is ranked {rank} of {of}{}.",
            with(*total)
        ),
        Decision::AheadHaveOtherLots => {
            "By the published limit of lots this one goes to your bid, since the suppliers ranked before you win as many other lots as one supplier may."
                .to_owned()
        }
        Decision::NotYetContract => {
            "This letter is not a contract. The contract can be signed once the standstill has ended."
                .to_owned()
        }
        Decision::Lost { rank, of, total } => format!(
            "Thank you for your bid. It was not successful: it is ranked {rank} of {of}{}.",
            with(*total)
        ),
        Decision::PassedOver { rank, of, total } => format!(
            "Thank you for your bid. It is ranked {rank} of {of}{}. By the published limit of lots this one goes to another bid, since you win as many other lots as one supplier may.",
            with(*total)
        ),
        Decision::Excluded => {
            "Thank you for your bid. It was excluded and has no marks, on these grounds:".to_owned()
        }
        Decision::Winner { name, total } => format!("Successful bidder: {name}{}.", with(*total)),
        Decision::WinnerTotalWithheld => {
            "The total of the successful bid is not disclosed to you.".to_owned()
        }
        Decision::NoWinner => "No bid has been selected for this lot.".to_owned(),
    }
}

fn named(of: &Named<'_>) -> String {
    format!("{} ({})", of.title, of.code)
}

fn ground(line: &GroundLine<'_>) -> String {
    match line {
        GroundLine::Decided(ground) => format!("- {}", ground_name(*ground)),
        GroundLine::BuyersReason(reason) => format!("    Reason of the buyer: {}", quoted(reason)),
        GroundLine::BelowMinimumPrice => "- its price is below the published minimum".to_owned(),
        GroundLine::Withheld(field) => {
            let field = field_name(*field);
            format!("- a ground that follows from what the plan withholds: {field}")
        }
        GroundLine::ConditionFailed(of) => {
            format!("- it does not declare to meet the condition {}", named(of))
        }
        GroundLine::BelowMinimumLevel(of) => format!(
            "- the panel's consensus on {} is below the published minimum",
            named(of)
        ),
        GroundLine::NotValid(Validity::CommitmentMismatch) => {
            "- what was opened is not what was sealed, so it is not valid".to_owned()
        }
        GroundLine::NotValid(Validity::Valid | Validity::Content) => {
            "- its content does not answer the evaluation plan, so it is not valid".to_owned()
        }
    }
}

fn ground_name(ground: ExclusionGround) -> &'static str {
    match ground {
        ExclusionGround::Mandatory => "the law requires the supplier to be excluded",
        ExclusionGround::Discretionary => {
            "the law allows the supplier to be excluded, and the buyer so decided"
        }
        ExclusionGround::ConditionOfParticipation => "a condition of participation is not met",
        ExclusionGround::NonCompliant => "the bid does not comply with the tender",
        ExclusionGround::Abnormal => {
            "the bid looks abnormal, and the explanation asked for does not account for it"
        }
    }
}

fn mark(line: &MarkLine<'_>) -> String {
    match line {
        MarkLine::Mark { of, mark, points } => {
            format!("- {}: {mark} of {points} points", named(of))
        }
        MarkLine::NoMark { of, reason } => format!("- {}: no mark, {reason}", named(of)),
        MarkLine::Withheld { of, field } => format!(
            "- {}: not disclosed, since it would show {}",
            named(of),
            field_name(*field)
        ),
        MarkLine::Formula(formula) => format!("    Calculated: {formula}"),
        MarkLine::PanelsReason(reason) => format!("    Reason of the panel: {}", quoted(reason)),
        MarkLine::NoPanelsReason => "    The panel's reason is not available.".to_owned(),
        MarkLine::Evaluators(list) => {
            format!("    Levels of the evaluators, each alone: {}", levels(list))
        }
        MarkLine::Winner { mark, against } => {
            let against = match against {
                Against::More(points) => format!("{points} more than yours"),
                Against::Fewer(points) => format!("{points} fewer than yours"),
                Against::Same => "the same as yours".to_owned(),
            };
            format!("    Successful bid: {mark} points, {against}")
        }
        MarkLine::WinnerWithheld(field) => format!(
            "    Successful bid: not disclosed, since it would show {}",
            field_name(*field)
        ),
        MarkLine::WinnersReason(reason) => format!(
            "    Reason of the panel for the successful bid: {}",
            quoted(reason)
        ),
        MarkLine::Total(total) => match total.formula {
            None => format!("Total: {} points", total.value),
            Some(formula) => format!("Total: {} by {formula}", total.value),
        },
    }
}

fn field_name(field: BidField) -> &'static str {
    match field {
        BidField::Price => "a price",
        BidField::ItemPrices => "prices of single items",
        BidField::Commitments => "commitments",
        BidField::Participations => "who does which part of the work",
        BidField::Declarations => "declarations",
        BidField::Answers => "answers",
        BidField::Answered => "which criteria are answered",
    }
}

fn advantage(line: &Advantage<'_>) -> String {
    match line {
        Advantage::WinnerAhead(list) => {
            format!("The successful bid was ahead on: {}.", titles(list))
        }
        Advantage::BidAhead(list) => format!("Your bid was ahead on: {}.", titles(list)),
        Advantage::Decisive(list) => format!(
            "What decided: {}. With equal marks there, your bid would not have been behind.",
            titles(list)
        ),
        Advantage::Tie(rule) => format!(
            "The totals are equal. The published rule for ties decided: {}.",
            tie(*rule)
        ),
        Advantage::Withheld => {
            "Not every mark is disclosed to you, so this letter cannot name what decided."
                .to_owned()
        }
        Advantage::Method => {
            "The published method decided, which is more than a sum of marks.".to_owned()
        }
    }
}

fn tie(rule: TieRule<'_>) -> String {
    match rule {
        TieRule::Mark(of) => format!("the higher mark on {}", of.title),
        TieRule::LowerPrice => "the lower price".to_owned(),
        TieRule::EarlierReceipt => "the earlier receipt".to_owned(),
        TieRule::DrawnLot => "a drawn lot, which anyone can recompute".to_owned(),
    }
}

fn standstill(fact: &StandstillFact) -> String {
    match fact {
        StandstillFact::Ends(at) => {
            format!("The contract will not be signed before {}.", moment(*at))
        }
        StandstillFact::WorkingDays(days) => format!(
            "The contract will not be signed before {days} working days have passed, counted with the day of the award notice."
        ),
        StandstillFact::CalendarDays(days) => format!(
            "The contract will not be signed before {days} calendar days have passed, counted from the day after the award notice."
        ),
        StandstillFact::NotApplicable { ground } => {
            format!("There is no standstill. Ground: {ground}")
        }
        StandstillFact::InTheNotice => {
            "The award notice states the earliest day on which the contract can be signed."
                .to_owned()
        }
    }
}

fn moment(at: Time) -> String {
    civil(at).map_or_else(
        || at.to_string(),
        |(year, month, day, clock)| format!("{year}-{month:02}-{day:02} {clock} UTC"),
    )
}

fn challenge(line: &Challenge) -> String {
    match line {
        Challenge::ToTheBuyer => {
            "Write to the buyer before the standstill ends. Give the reference above, the point that you challenge, and your reasons. A challenge that the buyer records suspends the standstill."
        }
        Challenge::OtherRights => {
            "Your right to go to the court or review body that the law provides is not affected."
        }
        Challenge::Recompute(index) => {
            return format!(
                "Anyone can recompute the result from the public log with commonweal-verify: the ranking is entry {index}."
            );
        }
    }
    .to_owned()
}
