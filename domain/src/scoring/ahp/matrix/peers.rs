//! The answers of numpy's eigenvalue solver to 100 seeded matrices, made and re-checked by `tests/peers/agreement.py`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Matrix, RANDOM_INDEX};

#[derive(Deserialize, JsonSchema)]
struct Answers {
    matrices: Vec<Answer>,
}

#[derive(Deserialize, JsonSchema)]
struct Answer {
    seed: u64,
    size: usize,
    /// The upper triangle by rows; negative where the later criterion counts more.
    votes: Vec<i32>,
    weights: Vec<f64>,
    eigenvalue: f64,
}

fn matrix(answer: &Answer) -> Matrix {
    let mut rows = vec![vec![1.0; answer.size]; answer.size];
    let pairs = (0..answer.size).flat_map(|a| (0..answer.size).map(move |b| (a, b)));
    let upper = pairs.filter(|(a, b)| a < b);
    for ((a, b), vote) in upper.zip(&answer.votes) {
        let vote = f64::from(*vote);
        rows[a][b] = if vote > 0.0 { vote } else { -1.0 / vote };
        rows[b][a] = 1.0 / rows[a][b];
    }
    Matrix(rows)
}

#[test]
fn weights_and_ratio_equal_numpy_on_100_matrices() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/peers/agreement.json");
    let text = std::fs::read_to_string(file).unwrap();
    let answers: Answers = serde_json::from_str(&text).unwrap();
    assert_eq!(answers.matrices.len(), 100);
    for answer in &answers.matrices {
        let found = matrix(answer).priorities();
        for (weight, expected) in found.weights.iter().zip(&answer.weights) {
            let apart = (weight - expected).abs();
            assert!(apart < 1e-12, "weight, seed {}: {apart:e}", answer.seed);
        }
        let random: f64 = RANDOM_INDEX[answer.size - 1].parse().unwrap();
        if random > 0.0 {
            let size: f64 = answer.weights.iter().map(|_| 1.0).sum();
            let expected = (answer.eigenvalue - size) / (size - 1.0) / random;
            let apart = (found.ratio - expected.max(0.0)).abs();
            assert!(apart < 1e-12, "ratio, seed {}: {apart:e}", answer.seed);
        }
    }
}
