//! One tender of the demo, as far as its story goes.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use commonweal_app::bid::SubmitBid;
use commonweal_app::confirmation::AskConfirmation;
use commonweal_app::conflict::DeclareConflict;
use commonweal_app::consensus::AgreedLevel;
use commonweal_app::evaluation::SaveMark;
use commonweal_app::notice::NewLetter;
use commonweal_app::read::Page;
use commonweal_app::read::bid::BidView;
use commonweal_app::tender::PublishTender;
use commonweal_domain::ids::{ContractId, OrganisationId, TenderId};
use commonweal_domain::scoring::letter::Language;
use commonweal_domain::tender::code::CriterionCode;
use commonweal_domain::tender::panel::Conflict;
use commonweal_domain::time::Time;

use super::people::{Buyer, Person};
use super::tenders::{DemoBid, DemoTender, Reach, SILENT_PARTNER_OF, lot_code};
use super::{City, DAY, HOUR};

/// Open tenders close far in the future, so that whoever tries the demo can still bid: 2099-12-31T12:00:00Z.
const FAR: Time = Time::from_micros(4_102_401_600_000_000);
/// The criteria that the panel judges.
const JUDGED: [&str; 2] = ["METHOD", "TEAM"];

impl City {
    fn now(&self) -> Time {
        self.app.store().ids().clock().now()
    }

    pub(super) fn supplier(&self, at: usize) -> OrganisationId {
        // The lists of the city are constants; a test walks every place in them.
        self.people.suppliers[at].organisation
    }

    /// Publishes the tender and takes it as far as its story goes, up to the award.
    pub(super) async fn procure(&self, tender: &DemoTender) -> Result<TenderId> {
        let buyer = &self.people.buyers[tender.buyer];
        let closes_at = match tender.reach {
            Reach::Open => FAR,
            _ => self.now().plus_micros(7 * DAY),
        };
        let plan = tender.plan(
            self.catalogue.id,
            closes_at.micros(),
            &self.now().date().to_string(),
        )?;
        let input = PublishTender {
            buyer: buyer.id,
            title: tender.title.to_owned(),
            plan,
            justifications: Vec::new(),
        };
        let id = self
            .app
            .publish_tender(&buyer.officer.actor(), input)
            .await?
            .out;
        for bid in tender.bids {
            self.clock.advance(HOUR);
            self.submit(tender, id, bid).await?;
        }
        match tender.reach {
            Reach::Open => {}
            Reach::Cancelled => {
                let reason = "The budget for the vehicles was moved to the flood relief.";
                self.app
                    .cancel_tender(&buyer.officer.actor(), id, reason.to_owned())
                    .await?;
            }
            _ => {
                self.clock.set(closes_at.plus_micros(HOUR));
                self.evaluate(tender, id, buyer).await?;
            }
        }
        Ok(id)
    }

    async fn submit(&self, tender: &DemoTender, id: TenderId, bid: &DemoBid) -> Result<()> {
        let person = &self.people.suppliers[bid.supplier];
        self.confirm(id, bid).await?;
        let input = SubmitBid {
            tender: id,
            supplier: person.organisation,
            content: bid.content(tender, self.catalogue.id, |at| self.supplier(at))?,
            received_at: self.now(),
            idempotency_key: format!("demo-{id}-{}", bid.lot),
        };
        self.app.submit_bid(&person.actor(), input).await?;
        Ok(())
    }

    /// The bidder asks its partner, who confirms its share; one of the demo's partners never answers.
    async fn confirm(&self, id: TenderId, bid: &DemoBid) -> Result<()> {
        let Some((partner, share)) = bid.partner else {
            return Ok(());
        };
        let bidder = &self.people.suppliers[bid.supplier];
        let partner = &self.people.suppliers[partner];
        let input = AskConfirmation {
            tender: id,
            lot: Some((bid.lot + 1).to_string().parse()?),
            bidder: bidder.organisation,
            organisation: partner.organisation,
            share: share.parse()?,
            under: Some(bidder.organisation),
            work: "The part of the work that is done in the neighbourhood".to_owned(),
            received_at: self.now(),
        };
        let request = self.app.ask_confirmation(&bidder.actor(), input).await?;
        if bid.supplier != SILENT_PARTNER_OF {
            let (actor, organisation) = (partner.actor(), partner.organisation);
            self.app
                .confirm_share(&actor, organisation, request, self.now())
                .await?;
        }
        Ok(())
    }

    async fn evaluate(&self, tender: &DemoTender, id: TenderId, buyer: &Buyer) -> Result<()> {
        self.app.approve_opening(&buyer.officer.actor(), id).await?;
        self.app
            .open_tender(&buyer.second_officer.actor(), id)
            .await?;
        let bids = self.bids(id, buyer).await?;
        self.seat(id, buyer, &bids).await?;
        self.mark(tender, id, &buyer.evaluators[0], &bids).await?;
        if tender.reach == Reach::Opened {
            return Ok(());
        }
        self.mark(tender, id, &buyer.evaluators[1], &bids).await?;
        self.clock.advance(DAY);
        self.agree(tender, id, buyer, &bids).await?;
        self.app.compute_ranking(&buyer.officer.actor(), id).await?;
        if tender.reach >= Reach::Proposed {
            self.app.propose_award(&buyer.officer.actor(), id).await?;
        }
        if tender.reach == Reach::Contracted {
            self.app
                .approve_award(&buyer.second_officer.actor(), id)
                .await?;
            self.notify(id, buyer, &bids).await?;
        }
        Ok(())
    }

    /// Sends every bidder the letter that is drawn for it and publishes the award notice.
    async fn notify(&self, id: TenderId, buyer: &Buyer, bids: &[BidView]) -> Result<()> {
        let letters = bids.iter().map(|bid| NewLetter {
            bid: bid.id,
            language: Language::English,
            remarks: None,
        });
        let officer = buyer.officer.actor();
        self.app
            .send_letters(&officer, id, letters.collect())
            .await?;
        self.app.notify_award(&officer, id).await?;
        Ok(())
    }

    /// Assigns the panel; nobody on it has an interest in a bidder.
    async fn seat(&self, id: TenderId, buyer: &Buyer, bids: &[BidView]) -> Result<()> {
        let evaluators = buyer.evaluators.each_ref().map(|person| person.id);
        let officer = buyer.officer.actor();
        self.app
            .assign_panel(&officer, id, buyer.chair.id, evaluators.to_vec())
            .await?;
        let members = buyer.evaluators.iter().chain([&buyer.chair]);
        for member in members {
            let bidders: BTreeSet<OrganisationId> = bids.iter().map(|bid| bid.supplier).collect();
            let declarations = bidders.into_iter().map(|bidder| DeclareConflict {
                bidder,
                conflict: Conflict::None,
                words: None,
            });
            self.app
                .declare_conflicts(&member.actor(), id, declarations.collect())
                .await?;
        }
        Ok(())
    }

    /// The panel agrees, everyone signs off, and the chair signs.
    async fn agree(
        &self,
        tender: &DemoTender,
        id: TenderId,
        buyer: &Buyer,
        bids: &[BidView],
    ) -> Result<()> {
        let chair = buyer.chair.actor();
        self.app.begin_moderation(&chair, id).await?;
        let levels = self.levels(tender, bids)?;
        self.app.agree_levels(&chair, id, levels).await?;
        for evaluator in &buyer.evaluators {
            let actor = evaluator.actor();
            self.app.sign_off_consensus(&actor, id, None).await?;
        }
        self.app.sign_consensus(&chair, id).await?;
        Ok(())
    }

    async fn bids(&self, tender: TenderId, buyer: &Buyer) -> Result<Vec<BidView>> {
        let page = Page::first(100);
        let mut found = self
            .app
            .read()
            .bids_of(&buyer.officer.actor(), &[tender], &page)
            .await?;
        found.remove(&tender).context("no bids")
    }

    /// One evaluator marks every bid, a level below or at what the panel will agree on, and finishes.
    async fn mark(
        &self,
        tender: &DemoTender,
        id: TenderId,
        evaluator: &Person,
        bids: &[BidView],
    ) -> Result<()> {
        for agreed in self.levels(tender, bids)? {
            let input = SaveMark {
                bid: agreed.bid,
                criterion: agreed.criterion,
                level: agreed.level.saturating_sub(u32::from(agreed.level > 4)),
                reason: "Read against the words of the level table, bid by bid.".to_owned(),
            };
            self.app.save_mark(&evaluator.actor(), input).await?;
        }
        self.app.finalise_marks(&evaluator.actor(), id).await?;
        Ok(())
    }

    fn levels(&self, tender: &DemoTender, bids: &[BidView]) -> Result<Vec<AgreedLevel>> {
        let mut levels = Vec::new();
        for bid in bids {
            let demo = tender.bids.iter().find(|demo| {
                let lot = (demo.lot + 1).to_string();
                self.supplier(demo.supplier) == bid.supplier && lot == bid.lot.as_str()
            });
            let demo = demo.context("an opened bid of nobody in the story")?;
            for (code, level) in JUDGED.iter().zip(demo.levels) {
                levels.push(AgreedLevel {
                    bid: bid.id,
                    criterion: lot_code(code, demo.lot).parse::<CriterionCode>()?,
                    level,
                    reason: format!(
                        "The panel agreed on level {level}: it matches the words of that level."
                    ),
                });
            }
        }
        Ok(levels)
    }

    /// Signs the contract of an awarded tender after the standstill: ten days, and at most three to a working day.
    pub(super) async fn contract(&self, tender: &DemoTender, id: TenderId) -> Result<ContractId> {
        self.clock.advance(14 * DAY);
        let buyer = &self.people.buyers[tender.buyer];
        Ok(self
            .app
            .sign_contract(&buyer.officer.actor(), id, None)
            .await?
            .out)
    }
}
