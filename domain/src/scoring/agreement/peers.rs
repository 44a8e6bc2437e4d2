//! The answers of PyPI `krippendorff` and `pingouin` to 200 seeded tables with missing marks, made and re-checked by
//! `tests/peers/agreement.py`.
#![expect(clippy::float_arithmetic, reason = "the peers answer in floats")]

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Form, Measurement, alpha, icc};
use crate::fraction::Fraction;

#[derive(Deserialize, JsonSchema)]
struct Answers {
    tables: Vec<Answer>,
}

#[derive(Deserialize, JsonSchema)]
struct Answer {
    marks: Vec<Vec<Option<u32>>>,
    alpha: [f64; 4],
    icc: [f64; 6],
}

fn real(value: Fraction) -> f64 {
    let nearest = |whole: i128| whole.to_string().parse::<f64>().unwrap();
    nearest(value.numerator()) / nearest(value.denominator())
}

#[test]
fn alpha_and_icc_equal_pypi_krippendorff_and_pingouin_on_200_tables() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/peers/agreement.json");
    let text = std::fs::read_to_string(file).unwrap();
    let answers: Answers = serde_json::from_str(&text).unwrap();
    assert_eq!(answers.tables.len(), 200);
    let missing = |answer: &&Answer| answer.marks.iter().flatten().any(Option::is_none);
    assert!(answers.tables.iter().filter(missing).count() > 50);
    let (mut by_alpha, mut by_icc) = (0.0_f64, 0.0_f64);
    for answer in &answers.tables {
        for (level, expected) in Measurement::ALL.into_iter().zip(answer.alpha) {
            let found = alpha(&answer.marks, level).unwrap();
            by_alpha = by_alpha.max((found - expected).abs());
        }
        for (form, expected) in Form::ALL.into_iter().zip(answer.icc) {
            let found = real(icc(&answer.marks, form).unwrap());
            by_icc = by_icc.max((found - expected).abs());
        }
    }
    assert!(by_alpha < 1e-14, "largest difference {by_alpha:e}");
    assert!(by_icc < 1e-14, "largest difference {by_icc:e}");
}
