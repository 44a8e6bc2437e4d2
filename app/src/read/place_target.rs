//! How far places are with the outcomes that they want: promised by contracts, delivered and verified, against the target.
//! Purchases and retirements of credits count nothing, and each claim counts once, where and when it was delivered.

use std::collections::{BTreeSet, HashMap};

use commonweal_domain::amount::Quantity;
use commonweal_domain::contract::ClaimStatus;
use commonweal_domain::ids::{ClaimId, Id, PolicyId};
use commonweal_domain::policy::clause::{OutcomeMeasure, PlaceTarget};
use commonweal_domain::policy::place_target::{Part, Progress};
use commonweal_domain::policy::selection::within;
use commonweal_domain::policy::{Clause, ClauseRule, Policy};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use uuid::Uuid;

use super::claim::ClaimView;
use super::{Page, Read};
use crate::error::AppError;
use crate::policy::published;
use crate::store::contract::{annulment, kpi};
use crate::store::delivery::instalment;
use crate::store::{catalogue, claim, columns};

/// The most verified claims, and the most instalments, that one look at a place's targets adds up.
pub const MAX_ROWS: u64 = 100_000;

/// A target of a place and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetView {
    /// The policy that states it.
    pub policy: PolicyId,
    /// What people call the policy.
    pub policy_title: String,
    /// The clause's code.
    pub clause: String,
    /// Where the target is from.
    pub source: String,
    /// The target.
    pub target: PlaceTarget,
    /// How far the place is.
    pub progress: Progress,
}

/// Catalogue versions with their names.
type Versions = HashMap<Uuid, String>;

impl Read<'_> {
    /// The targets of a place and of the places within it, from the last version of each policy, with what contracts promise
    /// and what was delivered, in five statements. Where more than `most` claims or instalments count it is refused.
    pub async fn place_targets(&self, place: &str, most: u64) -> Result<Vec<TargetView>, AppError> {
        let policies = self.last_policies().await?;
        let targets: Vec<_> = policies
            .iter()
            .flat_map(|policy| {
                targets_of(policy).map(move |(clause, target)| (policy, clause, target))
            })
            .filter(|(_, _, target)| within(&target.place, place))
            .collect();
        let wanted: BTreeSet<&OutcomeMeasure> = targets
            .iter()
            .flat_map(|(_, _, target)| &target.measures)
            .collect();
        let versions = self.versions(&wanted).await?;
        let stated: Vec<&PlaceTarget> = targets.iter().map(|(_, _, target)| *target).collect();
        let delivered = self.delivered_to(&stated, &versions, most).await?;
        let promised = self.promised_to(&stated, &versions, most).await?;
        let view = |(policy, clause, target): (&Policy, &Clause, &PlaceTarget)| {
            let progress = target.progress(&delivered, &promised);
            Ok(TargetView {
                policy: policy.id,
                policy_title: policy.text.title.clone(),
                clause: clause.code.to_string(),
                source: clause.source.clone(),
                progress: progress.map_err(AppError::internal)?,
                target: target.clone(),
            })
        };
        targets.into_iter().map(view).collect()
    }

    /// A page of the verified claims that count towards a target, in the order of their submission; nothing where there is no
    /// such target.
    pub async fn contributions(
        &self,
        (policy, clause): (PolicyId, &str),
        page: &Page<ClaimId>,
    ) -> Result<Vec<ClaimView>, AppError> {
        let Some(select) = self.counting(policy, clause).await? else {
            return Ok(Vec::new());
        };
        let rows = page.of(select, claim::Column::Id, |id| id.uuid().into());
        self.with_evidence(rows.all(self.db).await?).await
    }

    /// How many verified claims count towards a target.
    pub async fn contribution_count(
        &self,
        (policy, clause): (PolicyId, &str),
    ) -> Result<u64, AppError> {
        match self.counting(policy, clause).await? {
            Some(select) => Ok(select.count(self.db).await?),
            None => Ok(0),
        }
    }

    /// The verified claims that count towards a target, by the rule of [`PlaceTarget::counts`].
    async fn counting(
        &self,
        policy: PolicyId,
        clause: &str,
    ) -> Result<Option<Select<claim::Entity>>, AppError> {
        let mut found = self.policies_by_id(&[policy]).await?;
        let policy = found.remove(&policy).map(|view| view.policy);
        let target = policy.as_ref().and_then(|policy| {
            let mut targets = targets_of(policy);
            targets.find(|(stated, _)| stated.code.as_str() == clause)
        });
        let Some((_, target)) = target else {
            return Ok(None);
        };
        let wanted: BTreeSet<&OutcomeMeasure> = target.measures.iter().collect();
        let versions = self.versions(&wanted).await?;
        if versions.is_empty() {
            return Ok(None);
        }
        Ok(Some(
            claim::Entity::find().filter(verified(&[target], &versions)),
        ))
    }

    /// The last version of each policy, by code.
    async fn last_policies(&self) -> Result<Vec<Policy>, AppError> {
        let mut last: HashMap<_, Policy> = HashMap::new();
        for policy in published(self.db).await?.policies {
            last.insert(policy.text.code.clone(), policy);
        }
        let mut policies: Vec<Policy> = last.into_values().collect();
        policies.sort_by(|a, b| a.text.code.cmp(&b.text.code));
        Ok(policies)
    }

    /// The versions of the catalogues that have some measures.
    async fn versions(&self, measures: &BTreeSet<&OutcomeMeasure>) -> Result<Versions, AppError> {
        let names = measures.iter().map(|measure| measure.catalogue.as_str());
        let versions = catalogue::Entity::find()
            .select_only()
            .column(catalogue::Column::Id)
            .column(catalogue::Column::Code)
            .filter(catalogue::Column::Code.is_in(names))
            .into_tuple::<(Uuid, String)>()
            .all(self.db)
            .await?;
        Ok(versions.into_iter().collect())
    }

    /// Every verified quantity that counts towards some targets.
    async fn delivered_to(
        &self,
        targets: &[&PlaceTarget],
        versions: &Versions,
        most: u64,
    ) -> Result<Vec<Part>, AppError> {
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        let rows = claim::Entity::find()
            .filter(verified(targets, versions))
            .order_by_asc(claim::Column::Id)
            .limit(most.saturating_add(1))
            .all(self.db)
            .await?;
        refuse_too_many(rows.len(), most, "claims")?;
        let mut parts = Vec::with_capacity(rows.len());
        for row in rows {
            let name = versions.get(&row.catalogue_id);
            let (Some(name), Some(quantity)) = (name, claim::verified_of(&row)?) else {
                continue;
            };
            let days = (row.from_day.as_str(), row.to_day.as_str());
            parts.push(part(name, &row.measure_code, row.place, days, quantity)?);
        }
        Ok(parts)
    }

    /// What contracts whose award stands promise that counts towards some targets, instalment by instalment, after every
    /// variation.
    async fn promised_to(
        &self,
        targets: &[&PlaceTarget],
        versions: &Versions,
        most: u64,
    ) -> Result<Vec<Part>, AppError> {
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        let annulled = Query::select()
            .column(annulment::Column::ContractId)
            .from(annulment::Entity)
            .to_owned();
        let due = Columns {
            catalogue: kpi::Column::CatalogueId.into_expr(),
            measure: kpi::Column::MeasureCode.into_expr(),
            place: kpi::Column::Place.into_expr(),
            from: instalment::Column::FromDay.into_expr(),
            to: instalment::Column::ToDay.into_expr(),
        };
        let to_kpi = instalment::Entity::belongs_to(kpi::Entity)
            .from(instalment::Column::KpiId)
            .to(kpi::Column::Id)
            .into();
        let rows = instalment::Entity::find()
            .join(sea_orm::JoinType::InnerJoin, to_kpi)
            .select_also(kpi::Entity)
            .filter(kpi::Column::ContractId.not_in_subquery(annulled))
            .filter(counts(targets, versions, &due))
            .limit(most.saturating_add(1))
            .all(self.db)
            .await?;
        refuse_too_many(rows.len(), most, "instalments")?;
        let mut parts = Vec::with_capacity(rows.len());
        for (due, kpi) in rows {
            let Some(kpi) = kpi else { continue };
            let Some(name) = versions.get(&kpi.catalogue_id) else {
                continue;
            };
            let quantity = columns::quantity(due.due_units, kpi.scale, &kpi.unit)?;
            let days = (due.from_day.as_str(), due.to_day.as_str());
            parts.push(part(name, &kpi.measure_code, kpi.place, days, quantity)?);
        }
        Ok(parts)
    }
}

fn part(
    catalogue: &str,
    code: &str,
    place: String,
    (from, to): (&str, &str),
    quantity: Quantity,
) -> Result<Part, AppError> {
    Ok(Part {
        measure: OutcomeMeasure {
            catalogue: catalogue.to_owned(),
            code: code.parse().map_err(AppError::internal)?,
        },
        place,
        period: columns::period(from, to)?,
        quantity,
    })
}

/// Where a quantity says what [`PlaceTarget::counts`] asks about.
struct Columns {
    catalogue: Expr,
    measure: Expr,
    place: Expr,
    from: Expr,
    to: Expr,
}

/// Whether a quantity counts towards one of some targets: the rule of [`PlaceTarget::counts`] as a condition.
fn counts(targets: &[&PlaceTarget], versions: &Versions, of: &Columns) -> Condition {
    let mut any = Condition::any();
    for target in targets {
        let mut measures = Condition::any();
        for (id, name) in versions {
            let codes = target.measures.iter();
            let codes = codes.filter(|measure| measure.catalogue == *name);
            let codes: Vec<&str> = codes.map(|measure| measure.code.as_str()).collect();
            let of_version = of.catalogue.clone().eq(*id);
            measures = measures.add(of_version.and(of.measure.clone().is_in(codes)));
        }
        let (place, at) = (&target.place, &of.place);
        let inside = at.clone().gte(format!("{place}-"));
        let inside = inside.and(at.clone().lt(format!("{place}.")));
        let mut all = Condition::all()
            .add(measures)
            .add(at.clone().eq(place.as_str()).or(inside));
        if let Some(from) = target.from {
            all = all.add(of.from.clone().gte(from.to_string()));
        }
        if let Some(to) = target.to {
            all = all.add(of.to.clone().lte(to.to_string()));
        }
        any = any.add(all);
    }
    any
}

/// Verified claims that count towards one of some targets.
fn verified(targets: &[&PlaceTarget], versions: &Versions) -> Condition {
    let of = Columns {
        catalogue: claim::Column::CatalogueId.into_expr(),
        measure: claim::Column::MeasureCode.into_expr(),
        place: claim::Column::Place.into_expr(),
        from: claim::Column::FromDay.into_expr(),
        to: claim::Column::ToDay.into_expr(),
    };
    Condition::all()
        .add(claim::Column::Status.eq(ClaimStatus::Verified.as_str()))
        .add(claim::Column::VerifiedUnits.gt(0_i64))
        .add(counts(targets, versions, &of))
}

fn refuse_too_many(found: usize, most: u64, what: &str) -> Result<(), AppError> {
    if u64::try_from(found).is_ok_and(|found| found <= most) {
        return Ok(());
    }
    let message = format!("more than {most} {what} count: ask for a smaller place");
    Err(AppError::refused_at("TOO_MANY", "place", message))
}

/// The targets that a policy states.
fn targets_of(policy: &Policy) -> impl Iterator<Item = (&Clause, &PlaceTarget)> {
    let clauses = policy.text.clauses.iter();
    clauses.filter_map(|clause| match &clause.rule {
        ClauseRule::PlaceTarget(target) => Some((clause, target)),
        _ => None,
    })
}
