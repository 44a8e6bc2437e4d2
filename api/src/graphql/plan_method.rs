//! Methods of a plan: how marks make the total by which bids are ranked.

use async_graphql::{Enum, InputObject, SimpleObject};
use commonweal_domain::scoring::methods as domain;

use super::amounts::{Money, MoneyInput, small, wrong};
use super::scalars::Decimal;
use super::scoring_rule_input::parsed;

/// How marks make a ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Method {
    /// The total is the sum of the marks, the highest wins.
    WeightedSum,
    /// The total is the price for each quality point, the lowest wins.
    PricePerQualityPoint,
    /// The total is the price less what the quality is worth, the lowest wins.
    MonetisedQuality,
    /// The total is the price divided by a coefficient of quality, the lowest wins.
    Coefficient,
}

/// The terms of a method that counts the price itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct MethodTerms {
    /// Decimal places of the total.
    scale: u8,
    /// What the buyer is willing to pay for one quality point, for `MONETISED_QUALITY`.
    willingness_to_pay: Option<Money>,
    /// What all criteria can bring together, for `COEFFICIENT`: they divide it as their weights do.
    caps: Option<Decimal>,
}

/// The method of a plan.
pub(super) fn method(method: &domain::Method) -> (Method, Option<MethodTerms>) {
    let terms = |scale| MethodTerms {
        scale,
        willingness_to_pay: None,
        caps: None,
    };
    match method {
        domain::Method::WeightedSum => (Method::WeightedSum, None),
        domain::Method::PricePerQualityPoint(method) => {
            (Method::PricePerQualityPoint, Some(terms(method.scale)))
        }
        domain::Method::MonetisedQuality(method) => {
            let terms = MethodTerms {
                willingness_to_pay: Some(method.willingness_to_pay.into()),
                ..terms(method.scale)
            };
            (Method::MonetisedQuality, Some(terms))
        }
        domain::Method::Coefficient(method) => {
            let terms = MethodTerms {
                caps: Some(Decimal(method.caps.to_string())),
                ..terms(method.scale)
            };
            (Method::Coefficient, Some(terms))
        }
    }
}

/// The terms of a method that counts the price itself. No criterion of such a plan scores a price.
#[derive(Debug, InputObject)]
pub struct MethodTermsInput {
    /// Decimal places of the total, 0 to 6.
    scale: u32,
    /// What the buyer is willing to pay for one quality point; only for `MONETISED_QUALITY`.
    willingness_to_pay: Option<MoneyInput>,
    /// What all criteria can bring together, above 0 and below 1; only for `COEFFICIENT`.
    caps: Option<Decimal>,
}

/// The method that an input names with its terms.
pub(super) fn parse(
    method: Method,
    terms: Option<MethodTermsInput>,
) -> async_graphql::Result<domain::Method> {
    let terms = terms.map(|terms| {
        let scale = small("plan.methodTerms.scale", terms.scale, "0 to 6")?;
        Ok::<_, async_graphql::Error>((scale, terms.willingness_to_pay, terms.caps))
    });
    let terms = terms.transpose()?;
    match (method, terms) {
        (Method::WeightedSum, None) => Ok(domain::Method::WeightedSum),
        (Method::PricePerQualityPoint, Some((scale, None, None))) => {
            let method = domain::PricePerQualityPoint { scale };
            Ok(domain::Method::PricePerQualityPoint(method))
        }
        (Method::MonetisedQuality, Some((scale, Some(worth), None))) => {
            let willingness_to_pay = worth.parse("plan.methodTerms.willingnessToPay")?;
            Ok(domain::Method::MonetisedQuality(domain::MonetisedQuality {
                willingness_to_pay,
                scale,
            }))
        }
        (Method::Coefficient, Some((scale, None, Some(caps)))) => {
            let caps = parsed("plan.methodTerms.caps", &caps)?;
            Ok(domain::Method::Coefficient(domain::Coefficient {
                caps,
                scale,
            }))
        }
        _ => Err(wrong(
            "plan.methodTerms",
            &"give `scale` for a method that counts the price, `willingnessToPay` for `MONETISED_QUALITY`, `caps` for \
              `COEFFICIENT`, and nothing for `WEIGHTED_SUM`",
        )),
    }
}
