//! Panels: a panel of five with two conflicts, a missing mark and a late change; and what no member may do or see.

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_domain::log::entry::Entry;
use commonweal_domain::log::kinds::Body;
use commonweal_domain::log::state::State;
use commonweal_tests::{Refusal, TestApp, User, on_both};
use serde_json::{Value, json};

use super::seats::{DECLARE, assignment, declarations, levels, person};
use super::story::{City, on_tender, refused_on_tender, save_mark, step};

on_both!(
    a_panel_of_five_with_two_conflicts_a_missing_mark_and_a_late_change_leads_to_a_recomputed_award,
    no_declaration_no_access,
    a_soft_conflict_needs_the_signature_of_another,
    only_those_assigned_mark_and_nobody_awards_what_they_judged,
    a_member_is_replaced_with_a_reason_before_moderation,
    wrong_panels_are_refused_with_their_field,
);

async fn refusal(
    app: &TestApp,
    user: &User,
    mutation: &str,
    input_type: &str,
    input: Value,
) -> Result<Refusal> {
    let variables = json!({ "input": input });
    app.refusal(Some(user), &step(mutation, input_type), variables)
        .await
}

/// Finds in the log, changed by a stranger, what replay finds.
async fn findings(app: &TestApp, change: impl Fn(&mut Vec<Entry>)) -> Result<Vec<String>> {
    let size = app.app.read().log_size().await?;
    let mut entries = Vec::new();
    let mut next = 0;
    while next < size {
        for row in app.app.read().log_entries(next..size).await? {
            entries.push(Entry::parse(&row.bytes)?);
            next += 1;
        }
    }
    change(&mut entries);
    let mut state = State::default();
    let mut found = Vec::new();
    for (index, entry) in (0..).zip(&entries) {
        found.extend(state.replay(index, entry).err());
    }
    found.extend(state.unsettled(size));
    let told = found.into_iter();
    Ok(told
        .map(|one| format!("{} {}", one.kind, one.check))
        .collect())
}

async fn a_panel_of_five_with_two_conflicts_a_missing_mark_and_a_late_change_leads_to_a_recomputed_award(
    app: TestApp,
) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.unseated(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let buyer = city.officer.organisation;
    let [soft, absent] = &city.evaluators;
    let hard = app.user(buyer, &[Role::Evaluator]).await?;
    let steady = app.user(buyer, &[Role::Evaluator]).await?;
    let successor = app.user(buyer, &[Role::Evaluator]).await?;
    city.assign(&app, &tender, &[soft, absent, &hard, &steady])
        .await?;

    assert!(city.declare(&app, &city.chair, &tender, &[]).await?);
    assert!(!city.declare(&app, soft, &tender, &[(2, "SOFT")]).await?);
    assert!(city.declare(&app, absent, &tender, &[]).await?);
    assert!(!city.declare(&app, &hard, &tender, &[(0, "HARD")]).await?);
    assert!(city.declare(&app, &steady, &tender, &[]).await?);
    let countersign = json!({ "input": { "tender": tender, "member": person(soft),
        "bidder": city.suppliers[2].organisation_id(), "reason": "It ended two years ago." } });
    let document = step("countersignConflict", "CountersignConflictInput");
    app.data(Some(&city.chair), &document, countersign).await?;
    let replace = json!({ "input": { "tender": tender, "member": person(&hard),
        "successor": person(&successor), "reason": "A hard conflict." } });
    let document = step("replaceMember", "ReplaceMemberInput");
    app.data(Some(&city.officer), &document, replace).await?;
    assert!(city.declare(&app, &successor, &tender, &[]).await?);

    for evaluator in [soft, &steady, &successor] {
        for bid in &bids {
            save_mark(&app, evaluator, bid, 4).await?;
        }
        on_tender(&app, evaluator, "finaliseMarks", "PanelInput", &tender).await?;
    }
    for bid in &bids[..2] {
        save_mark(&app, absent, bid, 3).await?;
    }
    on_tender(&app, absent, "finaliseMarks", "PanelInput", &tender).await?;
    let change = json!({ "input": { "bid": bids[1], "criterion": "METHOD", "level": 3, "reason": "I misread the second annex." } });
    app.data(Some(&steady), &step("changeMark", "SaveMarkInput"), change)
        .await?;
    let begin = refused_on_tender(&app, &city.chair, "beginModeration", "PanelInput", &tender);
    assert_eq!(begin.await?, "MARKS_NOT_FINAL");
    let missing = json!({ "input": { "tender": tender, "member": person(absent), "reason": "Ill since Monday." } });
    let stated = app
        .data(
            Some(&city.chair),
            "mutation ($input: StateMarksMissingInput!) { made: stateMarksMissing(input: $input) { missing userErrors { code } } }",
            missing,
        )
        .await?;
    assert_eq!(stated["made"]["missing"], 1);

    city.agree(&app, &tender).await?;
    let agreement = "query ($id: ID!) { tender(id: $id) { panel { agreement { criterion bids evaluators missing } } } }";
    for (reader, seen) in [(&city.chair, true), (soft, false), (&city.officer, false)] {
        let found = app
            .data(Some(reader), agreement, json!({ "id": tender }))
            .await?;
        let told = json!([{ "criterion": "METHOD", "bids": 3, "evaluators": 4, "missing": 1 }]);
        let expected = if seen { told } else { json!(null) };
        assert_eq!(found["tender"]["panel"]["agreement"], expected);
    }
    city.sign_off(&app, &tender, &[soft, absent, &steady, &successor])
        .await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    on_tender(
        &app,
        &city.second_officer,
        "approveAward",
        "AwardInput",
        &tender,
    )
    .await?;

    let marks = "query ($id: ID!) { bid(id: $id) { marks { level evaluator former { level } } } }";
    let found = app.data(None, marks, json!({ "id": bids[1] })).await?;
    let changed = json!({ "level": 3, "evaluator": person(&steady), "former": [{ "level": 4 }] });
    let shown = found["bid"]["marks"].as_array().context("marks")?;
    assert!(shown.contains(&changed), "{found}");
    assert_eq!(shown.len(), 4);

    let report = app.expect_clean_log().await?;
    let text = report.to_string();
    assert!(text.contains("award"), "{text}");
    tampered(&app, &hard).await
}

/// What a stranger finds when the log was changed before it was published.
async fn tampered(app: &TestApp, removed: &User) -> Result<()> {
    assert_eq!(findings(app, |_| ()).await?, Vec::<String>::new());
    let last =
        |entries: &[Entry], kind: &str| entries.iter().rposition(|one| one.body.kind() == kind);
    let one_signature_twice = |entries: &mut Vec<Entry>| {
        let at = last(entries, "consensus.signed_off").unwrap_or_default();
        entries[at] = Entry {
            at: entries[at].at,
            ..entries[at - 1].clone()
        };
    };
    let found = findings(app, one_signature_twice).await?;
    assert_eq!(found, ["consensus.signed panel"]);
    let never_released = |entries: &mut Vec<Entry>| {
        let at = last(entries, "mark.released").unwrap_or_default();
        entries.truncate(at);
    };
    let found = findings(app, never_released).await?;
    assert_eq!(found, ["mark.sealed sealed"], "the late change");
    let judged_by_the_removed = |entries: &mut Vec<Entry>| {
        for entry in entries {
            if let Body::PanelReplaced(body) = &mut entry.body {
                assert_eq!(body.member, removed.person);
                body.successor = None;
            }
        }
    };
    let found = findings(app, judged_by_the_removed).await?;
    assert!(
        found.contains(&"mark.released panel".to_owned()),
        "{found:?}"
    );
    Ok(())
}

async fn no_declaration_no_access(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.unseated(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let [one, two] = &city.evaluators;
    let content = "query ($id: ID!) { bid(id: $id) { supplier { name } price { amount } commitments { place } answers { text } marks { level } } }";
    let seen = async |reader: &User| -> Result<Value> {
        let mut found = app
            .data(Some(reader), content, json!({ "id": bids[0] }))
            .await?;
        Ok(found["bid"].take())
    };
    city.assign(&app, &tender, &[one, two]).await?;
    let hidden = json!({ "supplier": { "name": "Han River Care Cooperative" },
        "price": null, "commitments": null, "answers": null, "marks": [] });
    for member in [&city.chair, one] {
        assert_eq!(
            seen(member).await?,
            hidden,
            "bidders are named, to declare about them"
        );
    }
    let save = json!({ "bid": bids[0], "criterion": "METHOD", "level": 3, "reason": "Because." });
    let refused = refusal(&app, one, "saveMark", "SaveMarkInput", save.clone()).await?;
    assert_eq!(refused.code, "NOT_DECLARED");
    let mut half = declarations(&tender, &city.suppliers, &[]);
    half["input"]["declarations"]
        .as_array_mut()
        .context("list")?
        .pop();
    app.data(Some(one), DECLARE, half).await?;
    assert_eq!(seen(one).await?, hidden, "every bidder counts");
    let last = json!({ "input": { "tender": tender, "declarations": [
        { "bidder": city.suppliers[2].organisation_id(), "conflict": "NONE" } ] } });
    app.data(Some(one), DECLARE, last).await?;
    let whole = seen(one).await?;
    assert_eq!(
        whole["answers"][0]["text"],
        "We train apprentices from the neighbourhood."
    );
    assert_eq!(seen(two).await?, hidden, "each for themselves");
    city.declare(&app, two, &tender, &[(1, "HARD")]).await?;
    let removed = seen(two).await?;
    assert_eq!(removed["price"]["amount"], "120000.00", "as the public");
    Ok(())
}

async fn a_soft_conflict_needs_the_signature_of_another(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.unseated(&app).await?;
    let [one, two] = &city.evaluators;
    city.assign(&app, &tender, &[one, two]).await?;
    let wordless = json!({ "tender": tender, "declarations": [
        { "bidder": city.suppliers[0].organisation_id(), "conflict": "SOFT" } ] });
    let refused = refusal(
        &app,
        one,
        "declareConflicts",
        "DeclareConflictsInput",
        wordless,
    )
    .await?;
    assert_eq!(refused.path.as_deref(), Some("declarations.0.words"));
    let stranger = json!({ "tender": tender, "declarations": [
        { "bidder": city.officer.organisation_id(), "conflict": "NONE" } ] });
    let refused = refusal(
        &app,
        one,
        "declareConflicts",
        "DeclareConflictsInput",
        stranger,
    )
    .await?;
    assert_eq!(refused.code, "NOT_A_BIDDER");
    assert!(
        !city
            .declare(&app, &city.chair, &tender, &[(0, "SOFT")])
            .await?
    );
    let input = |member: &User| {
        json!({ "tender": tender, "member": person(member),
            "bidder": city.suppliers[0].organisation_id(), "reason": "Long ago." })
    };
    let sign = async |by: &User, member: &User| {
        let kind = "CountersignConflictInput";
        refusal(&app, by, "countersignConflict", kind, input(member)).await
    };
    assert_eq!(
        sign(&city.chair, &city.chair).await?.code,
        "FORBIDDEN",
        "not the own"
    );
    assert_eq!(
        sign(one, &city.chair).await?.code,
        "FORBIDDEN",
        "not an evaluator"
    );
    let other_chair = app.user(city.officer.organisation, &[Role::Chair]).await?;
    assert_eq!(sign(&other_chair, &city.chair).await?.code, "NOT_A_MEMBER");
    let document = step("countersignConflict", "CountersignConflictInput");
    app.data(
        Some(&city.officer),
        &document,
        json!({ "input": input(&city.chair) }),
    )
    .await?;
    let words = "query ($id: ID!) { tender(id: $id) { panel { members { person cleared declarations { conflict words } } } } }";
    for (reader, told) in [
        (None, false),
        (Some(one), false),
        (Some(&city.officer), true),
    ] {
        let found = app.data(reader, words, json!({ "id": tender })).await?;
        let members = found["tender"]["panel"]["members"]
            .as_array()
            .context("members")?;
        let chair = members
            .iter()
            .find(|one| one["person"] == person(&city.chair).as_str());
        let chair = chair.context("the chair")?;
        assert_eq!(chair["cleared"], true);
        let conflicts = chair["declarations"].as_array().context("declarations")?;
        let soft = conflicts
            .iter()
            .find(|one| one["conflict"] == "SOFT")
            .context("soft")?;
        assert_eq!(soft["words"].is_string(), told);
    }
    app.expect_clean_log().await?;
    Ok(())
}

async fn only_those_assigned_mark_and_nobody_awards_what_they_judged(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.unseated(&app).await?;
    let bids = city.opened_bids(&app, &tender).await?;
    let [one, two] = &city.evaluators;
    let buyer = city.officer.organisation;
    let both = app.user(buyer, &[Role::Officer, Role::Evaluator]).await?;
    let save = json!({ "bid": bids[0], "criterion": "METHOD", "level": 3, "reason": "Because." });
    let refused = refusal(&app, one, "saveMark", "SaveMarkInput", save.clone()).await?;
    assert_eq!(refused.code, "NO_PANEL");
    city.assign(&app, &tender, &[one, &both]).await?;
    for member in [&city.chair, one, &both] {
        city.declare(&app, member, &tender, &[]).await?;
    }
    let refused = refusal(&app, two, "saveMark", "SaveMarkInput", save).await?;
    assert_eq!(refused.code, "NOT_A_MEMBER");
    for evaluator in [one, &both] {
        for bid in &bids {
            save_mark(&app, evaluator, bid, 3).await?;
        }
        on_tender(&app, evaluator, "finaliseMarks", "PanelInput", &tender).await?;
    }
    city.agree(&app, &tender).await?;
    city.sign_off(&app, &tender, &[one, &both]).await?;
    on_tender(&app, &city.officer, "computeRanking", "PanelInput", &tender).await?;
    let propose = refused_on_tender(&app, &both, "proposeAward", "AwardInput", &tender);
    assert_eq!(propose.await?, "FORBIDDEN");
    on_tender(&app, &city.officer, "proposeAward", "AwardInput", &tender).await?;
    let approve = refused_on_tender(&app, &both, "approveAward", "AwardInput", &tender);
    assert_eq!(approve.await?, "FORBIDDEN");
    Ok(())
}

async fn a_member_is_replaced_with_a_reason_before_moderation(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.opened(&app).await?;
    let [one, two] = &city.evaluators;
    let new = app
        .user(city.officer.organisation, &[Role::Evaluator])
        .await?;
    let replace = |member: &User, successor: Option<&User>| {
        json!({ "tender": tender, "member": person(member),
            "successor": successor.map(person), "reason": "On leave." })
    };
    let refused = async |input| {
        let refused = refusal(
            &app,
            &city.officer,
            "replaceMember",
            "ReplaceMemberInput",
            input,
        );
        Ok::<_, anyhow::Error>(refused.await?.code)
    };
    assert_eq!(refused(replace(&city.chair, None)).await?, "CHAIR_NEEDED");
    assert_eq!(
        refused(replace(&city.chair, Some(&new))).await?,
        "ROLE_MISSING"
    );
    assert_eq!(refused(replace(one, Some(two))).await?, "SAT_BEFORE");
    assert_eq!(refused(replace(&new, None)).await?, "NOT_A_MEMBER");
    let document = step("replaceMember", "ReplaceMemberInput");
    let input = json!({ "input": replace(one, None) });
    app.data(Some(&city.officer), &document, input).await?;
    assert_eq!(refused(replace(two, None)).await?, "EVALUATOR_NEEDED");
    assert_eq!(refused(replace(one, Some(&new))).await?, "REPLACED");
    let bids = city.opened_bids(&app, &tender).await?;
    for bid in &bids {
        save_mark(&app, two, bid, 4).await?;
    }
    on_tender(&app, two, "finaliseMarks", "PanelInput", &tender).await?;
    let progress = "query ($id: ID!) { tender(id: $id) { panel { members { person finished } } } }";
    let finished = async |reader: Option<&User>| -> Result<Value> {
        let found = app.data(reader, progress, json!({ "id": tender })).await?;
        let members = found["tender"]["panel"]["members"]
            .as_array()
            .context("members")?;
        let member = members
            .iter()
            .find(|one| one["person"] == person(two).as_str());
        Ok(member.context("a member")?["finished"].clone())
    };
    assert_eq!(finished(Some(&city.chair)).await?, json!(true));
    assert_eq!(finished(Some(two)).await?, json!(true));
    assert_eq!(
        finished(Some(&city.officer)).await?,
        json!(null),
        "counts tell"
    );
    assert_eq!(finished(None).await?, json!(null));
    city.agree(&app, &tender).await?;
    assert_eq!(refused(replace(two, Some(&new))).await?, "MODERATION_BEGUN");
    city.sign_off(&app, &tender, &[two]).await?;
    app.expect_clean_log().await?;
    Ok(())
}

async fn wrong_panels_are_refused_with_their_field(app: TestApp) -> Result<()> {
    let city = City::found(&app).await?;
    let tender = city.publish(&app, city.plan()).await?;
    let [one, _] = &city.evaluators;
    let assign = async |by: &User, input: Value| {
        app.refusal(Some(by), &step("assignPanel", "AssignPanelInput"), input)
            .await
    };
    let refused = assign(&city.officer, assignment(&tender, &city.chair, &[])).await?;
    assert_eq!(
        (refused.code.as_str(), refused.path.as_deref()),
        ("PANEL_SIZE", Some("evaluators"))
    );
    let refused = assign(&city.officer, assignment(&tender, &city.chair, &[one, one])).await?;
    assert_eq!(refused.code, "NAMED_TWICE");
    let refused = assign(&city.officer, assignment(&tender, one, &[one])).await?;
    assert_eq!(refused.code, "ROLE_MISSING");
    let refused = assign(one, assignment(&tender, &city.chair, &[one])).await?;
    assert_eq!(refused.code, "FORBIDDEN");
    city.assign(&app, &tender, &[one]).await?;
    let refused = assign(&city.officer, assignment(&tender, &city.chair, &[one])).await?;
    assert_eq!(refused.code, "PANEL_ASSIGNED");
    let early = declarations(&tender, &city.suppliers, &[]);
    let refused = app.refusal(Some(one), DECLARE, early).await?;
    assert_eq!(refused.code, "WRONG_STAGE", "who bids is not known yet");
    let begin = refused_on_tender(&app, &city.chair, "beginModeration", "PanelInput", &tender);
    assert_eq!(begin.await?, "WRONG_STAGE");
    let early = levels(&tender, &[]);
    let document = step("agreeLevels", "AgreeLevelsInput");
    let refused = app.refusal(Some(&city.chair), &document, early).await?;
    assert_eq!(refused.code, "WRONG_STAGE");
    let mut plan = city.plan();
    let price = json!({ "priceRelativeLowest": { "of": "TOTAL" } });
    plan["lots"][0]["criteria"] =
        json!([{ "code": "PRICE", "title": "Price", "weight": "100", "rule": price }]);
    let priced = city.publish(&app, plan).await?;
    let refused = assign(&city.officer, assignment(&priced, &city.chair, &[one])).await?;
    assert_eq!(refused.code, "NOTHING_TO_JUDGE");
    app.expect_clean_log().await?;
    Ok(())
}
