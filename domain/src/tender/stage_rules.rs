//! Steps that depend on the plan or on the time beside the table.

use super::plan::{Envelopes, Plan};
use super::stage::{Stage, Step, TenderError};
use crate::time::Time;

use Stage::{Cancelled, Closed, ConsensusSigned, Opened, PricesOpened, Published};

impl Stage {
    /// The stage at a time: a published tender is closed when the deadline lies before the time.
    #[must_use]
    pub fn at(self, plan: &Plan, now: Time) -> Self {
        if self == Published && now > plan.closes_at {
            Closed
        } else {
            self
        }
    }

    /// Whether a bid whose last byte arrived at `received_at` may be submitted or replaced. What counts is the arrival and
    /// not when it is written.
    pub fn can_submit(self, plan: &Plan, received_at: Time) -> Result<(), TenderError> {
        self.before_deadline(plan, received_at, Step::SubmitBid)
    }

    /// Whether a bid may be withdrawn by a request that arrived at `received_at`.
    pub fn can_withdraw(self, plan: &Plan, received_at: Time) -> Result<(), TenderError> {
        self.before_deadline(plan, received_at, Step::WithdrawBid)
    }

    /// Whether a bid may be confirmed after an amendment by a request that arrived at `received_at`.
    pub fn can_confirm(self, plan: &Plan, received_at: Time) -> Result<(), TenderError> {
        self.before_deadline(plan, received_at, Step::ConfirmBid)
    }

    /// Whether a supplier may ask a question by a request that arrived at `received_at`.
    pub fn can_ask(self, plan: &Plan, received_at: Time) -> Result<(), TenderError> {
        self.before_deadline(plan, received_at, Step::AskQuestion)?;
        match plan.questions_until {
            Some(until) if received_at > until => Err(TenderError::QuestionsClosed { until }),
            _ => Ok(()),
        }
    }

    fn before_deadline(
        self,
        plan: &Plan,
        received_at: Time,
        step: Step,
    ) -> Result<(), TenderError> {
        if self == Cancelled {
            return Err(TenderError::Cancelled);
        }
        if received_at > plan.closes_at {
            return Err(TenderError::Closed {
                closes_at: plan.closes_at,
            });
        }
        self.after(step).map(|_| ())
    }

    /// Whether the bids may be opened at the log's time `now`: the deadline has passed and the opening time has come.
    pub fn can_open(self, plan: &Plan, now: Time) -> Result<Self, TenderError> {
        let due = now > plan.closes_at && now >= plan.opens_at;
        if self == Published && !due {
            return Err(TenderError::NotYetOpen {
                closes_at: plan.closes_at,
                opens_at: plan.opens_at,
            });
        }
        self.at(plan, now).after(Step::Open)
    }

    /// Whether a bid may be excluded by a decision, and where that leaves the tender: behind the last step that needs no
    /// ranking.
    pub fn can_exclude(self, plan: &Plan) -> Result<Self, TenderError> {
        match (plan.envelopes, self.after(Step::ExcludePricedBid)) {
            (Envelopes::Two, Ok(stage)) => Ok(stage),
            _ => self.after(Step::ExcludeBid),
        }
    }

    /// Whether the second envelopes may be opened: after the consensus, or right after the opening where nothing is judged.
    pub fn can_open_prices(self, plan: &Plan) -> Result<Self, TenderError> {
        if plan.envelopes == Envelopes::One {
            return Err(TenderError::OneEnvelope);
        }
        self.past_consensus(plan).after(Step::OpenPrices)
    }

    /// Whether the ranking may be computed: after the consensus, with two envelopes after their prices were opened.
    pub fn can_rank(self, plan: &Plan) -> Result<Self, TenderError> {
        let stage = self.past_consensus(plan);
        if plan.envelopes == Envelopes::Two && stage == ConsensusSigned {
            return Err(TenderError::PricesClosed);
        }
        stage.after(Step::Rank)
    }

    /// Whether the prices of the bids are open at this stage.
    pub fn shows_prices(self, plan: &Plan) -> bool {
        let open = match plan.envelopes {
            Envelopes::One => Opened,
            Envelopes::Two => PricesOpened,
        };
        self >= open && self != Cancelled
    }

    /// Where nothing is judged there is nothing to agree on: an opened tender is as good as at consensus.
    fn past_consensus(self, plan: &Plan) -> Self {
        let leaves = plan.leaves().unwrap_or_default();
        let nothing_judged = leaves.iter().all(|leaf| leaf.rule.judged().is_none());
        if self == Opened && nothing_judged {
            ConsensusSigned
        } else {
            self
        }
    }

    /// Whether the standstill may be suspended at the log's time `now`: while it runs, and so before its end.
    pub fn can_suspend(self, ends_at: Option<Time>, now: Time) -> Result<Self, TenderError> {
        let stage = self.after(Step::Suspend)?;
        match ends_at {
            Some(ends_at) if now < ends_at => Ok(stage),
            _ => Err(TenderError::NothingToSuspend),
        }
    }

    /// Whether a contract may be signed at the log's time `now`: when the standstill, if there is one, has ended. The step is
    /// [`Step::sign`].
    pub fn can_sign(
        self,
        step: Step,
        ends_at: Option<Time>,
        now: Time,
    ) -> Result<Self, TenderError> {
        let stage = self.after(step)?;
        match ends_at {
            Some(ends_at) if now < ends_at => Err(TenderError::StandsStill { ends_at }),
            _ => Ok(stage),
        }
    }

    /// Whether the award may be annulled, and where that leaves the tender: ranked, or at its end once a contract is signed.
    pub fn can_annul(self, signed: usize) -> Result<Self, TenderError> {
        let step = if signed == 0 {
            Step::Annul
        } else {
            Step::AnnulSigned
        };
        self.after(step)
    }

    /// Whether the tender may be given up at the log's time `now`: before any contract.
    pub fn can_cancel(self, plan: &Plan, signed: usize, now: Time) -> Result<Self, TenderError> {
        let stage = self.at(plan, now).after(Step::Cancel)?;
        if signed == 0 {
            Ok(stage)
        } else {
            Err(TenderError::PartlyContracted)
        }
    }
}
