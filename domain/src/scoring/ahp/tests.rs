use super::*;
use crate::tender::fixtures::code;

/// `A>B 3` says that A counts three times as much as B.
fn ballot(text: &str) -> Ballot {
    let vote = |vote: &str| {
        let (pair, strength) = vote.split_once(' ').unwrap();
        let (more, less) = pair.split_once('>').unwrap();
        Vote {
            more: code(more),
            less: code(less),
            strength: strength.parse().unwrap(),
        }
    };
    Ballot {
        votes: text.split(", ").map(vote).collect(),
    }
}

fn group(name: &str, voice: u32, ballots: &[&str]) -> Group {
    Group {
        name: name.to_owned(),
        voice,
        ballots: ballots.iter().map(|text| ballot(text)).collect(),
    }
}

fn question(criteria: &str, groups: Vec<Group>) -> Question {
    Question {
        criteria: criteria.split(' ').map(code).collect(),
        groups,
        places: 2,
    }
}

fn texts(weights: &[Weight]) -> Vec<String> {
    weights.iter().map(ToString::to_string).collect()
}

const CONSISTENT: &str = "PRICE>JOBS 2, JOBS>CO2 2, PRICE>CO2 4";
const ROUND: &str = "PRICE>JOBS 5, JOBS>CO2 3, CO2>PRICE 2";

#[test]
fn consistent_votes_give_their_own_proportions_and_a_ratio_of_zero() {
    let residents = group("residents", 1, &[CONSISTENT]);
    let told = weigh(&question("PRICE JOBS CO2", vec![residents])).unwrap();
    let group = &told.groups[0];
    assert_eq!(texts(&group.weights), ["57.14", "28.57", "14.29"]);
    assert_eq!(group.ratio.to_string(), "0.0000");
    assert_eq!((group.consistent, &group.worst), (true, &None));
    assert_eq!(told.combined.as_ref(), Some(&group.weights));
}

#[test]
fn votes_that_go_round_in_a_circle_name_their_triple_and_withhold_the_combined_weights() {
    let groups = vec![
        group("residents", 1, &[CONSISTENT]),
        group("firms", 1, &[ROUND]),
    ];
    let told = weigh(&question("PRICE JOBS CO2", groups)).unwrap();
    let firms = &told.groups[1];
    assert!(!firms.consistent && firms.ratio > RATIO_LIMIT);
    let worst = firms.worst.as_ref().unwrap();
    // 5 * 3 says 15 where the third vote says 1/2.
    assert_eq!(worst.factor.to_string(), "30.00");
    let third = &worst.votes[2];
    assert_eq!((third.more.as_str(), third.less.as_str()), ("CO2", "PRICE"));
    assert_eq!(told.combined, None);
}

#[test]
fn ballots_of_a_group_meet_in_the_geometric_mean() {
    // 4 one way and 1 on the other: the mean is 2.
    let mixed = group("residents", 1, &["A>B 4", "A>B 1"]);
    let told = weigh(&question("A B", vec![mixed])).unwrap();
    assert_eq!(texts(&told.groups[0].weights), ["66.67", "33.33"]);
    let contrary = group("residents", 1, &["A>B 9", "B>A 9"]);
    let told = weigh(&question("A B", vec![contrary])).unwrap();
    assert_eq!(texts(&told.groups[0].weights), ["50", "50"]);
}

#[test]
fn combined_weights_are_the_mean_of_the_published_ones_by_voice() {
    let groups = vec![group("a", 1, &["A>B 1"]), group("b", 3, &["A>B 9"])];
    let told = weigh(&question("A B", groups)).unwrap();
    // (50 + 3 * 90) / 4
    assert_eq!(texts(&told.combined.unwrap()), ["80", "20"]);
}

#[test]
fn a_pair_without_a_vote_is_named() {
    let groups = vec![group("residents", 1, &["A>B 3", "B>C 2"])];
    let error = weigh(&question("A B C", groups)).unwrap_err();
    let AhpError::PairMissing { ref a, ref b, .. } = error else {
        panic!("{error}");
    };
    assert_eq!((a.as_str(), b.as_str()), ("A", "C"));
    assert_eq!(error.path(), "groups.0.ballots");
}

#[test]
fn every_wrong_input_is_refused_at_its_field() {
    let asks =
        |criteria: &str, group: Group| weigh(&question(criteria, vec![group])).unwrap_err().path();
    assert_eq!(asks("A", group("g", 1, &["A>B 1"])), "criteria");
    assert_eq!(asks("A A", group("g", 1, &["A>B 1"])), "criteria");
    assert_eq!(
        asks("A B C D E F G H I J K", group("g", 1, &["A>B 1"])),
        "criteria"
    );
    assert_eq!(asks("A B", group("", 1, &["A>B 1"])), "groups.0.name");
    assert_eq!(asks("A B", group("g", 0, &["A>B 1"])), "groups.0.voice");
    assert_eq!(asks("A B", group("g", 1, &[])), "groups.0.ballots");
    for vote in ["A>B 0", "A>B 10", "A>A 1", "A>X 2"] {
        let path = asks("A B", group("g", 1, &["A>B 1", vote]));
        assert_eq!(path, "groups.0.ballots.1.votes.0", "{vote}");
    }
    let twice = group("g", 1, &["A>B 2, B>A 2"]);
    assert_eq!(asks("A B", twice), "groups.0.ballots.0.votes.1");
    let same_name = vec![group("g", 1, &["A>B 1"]), group("g", 1, &["A>B 1"])];
    let error = weigh(&question("A B", same_name)).unwrap_err();
    assert_eq!(error.path(), "groups.1.name");
    assert_eq!(
        weigh(&question("A B", Vec::new())),
        Err(AhpError::GroupCount)
    );
    let mut fine = question("A B", vec![group("g", 1, &["A>B 1"])]);
    fine.places = 5;
    assert_eq!(weigh(&fine), Err(AhpError::Places));
}

#[test]
fn the_largest_vote_is_counted_in_time() {
    let criteria: Vec<String> = (0..CRITERIA_MAX).map(|n| format!("C{n}")).collect();
    let mut votes = Vec::new();
    for (a, more) in criteria.iter().enumerate() {
        let later = criteria.iter().skip(a + 1);
        votes.extend(later.map(|less| format!("{more}>{less} 9")));
    }
    let votes = votes.join(", ");
    let ballots: Vec<&str> = (0..250).map(|_| votes.as_str()).collect();
    let told = weigh(&question(
        &criteria.join(" "),
        vec![group("all", 1, &ballots)],
    ))
    .unwrap();
    let sum = Weight::sum(told.groups[0].weights.iter().copied());
    assert_eq!(Weight::text(sum), "100");
}
