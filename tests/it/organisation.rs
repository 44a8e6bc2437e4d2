//! Organisations, roles, certifications and the erasure of names.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_tests::{TestApp, on_both};
use serde_json::json;

on_both!(
    an_organisation_joins_and_is_found_with_its_certifications,
    only_a_registrar_registers,
    a_revoked_role_ends_at_once_for_tokens_in_use,
    an_expired_token_is_refused,
    a_sole_traders_name_is_erased_and_the_log_stays,
    a_list_with_nested_objects_costs_a_fixed_number_of_statements,
    the_fields_at_fault_are_named,
    a_group_is_named_by_its_top_alone,
);

const REGISTER: &str = "mutation ($input: RegisterOrganisationInput!) {
    made: registerOrganisation(input: $input) { organisation { id name } userErrors { code message path } }
}";

async fn an_organisation_joins_and_is_found_with_its_certifications(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    let coop = app
        .organisation(&registrar, "Han River Care Cooperative", "CIVIL_SOCIETY")
        .await?;
    app.data(
        Some(&registrar),
        "mutation ($input: RecordCertificationInput!) { made: recordCertification(input: $input) { certification userErrors { code } } }",
        json!({ "input": {
            "organisation": format!("organisation:{coop}"), "kind": "SOCIAL_COOPERATIVE",
            "from": "2024-03-01", "to": "2027-03-01", "source": "register of social cooperatives 114"
        } }),
    )
    .await?;
    let found = app
        .data(
            None,
            "query ($id: ID!) { organisation(id: $id) { name group { id } certifications { kind from to source } } }",
            json!({ "id": format!("organisation:{coop}") }),
        )
        .await?;
    assert_eq!(
        found["organisation"],
        json!({
            "name": "Han River Care Cooperative",
            "group": { "id": format!("organisation:{coop}") },
            "certifications": [{
                "kind": "SOCIAL_COOPERATIVE", "from": "2024-03-01", "to": "2027-03-01",
                "source": "register of social cooperatives 114"
            }]
        })
    );
    Ok(())
}

async fn only_a_registrar_registers(app: TestApp) -> Result<()> {
    let officer = app.user(app.registry, &[Role::Officer]).await?;
    let input = json!({ "input": { "legalForm": "LEGAL_PERSON", "name": "X", "sector": "PRIVATE", "place": "KR" } });
    assert_eq!(
        app.refusal(Some(&officer), REGISTER, input.clone())
            .await?
            .code,
        "FORBIDDEN"
    );
    assert_eq!(
        app.refusal(None, REGISTER, input).await?.code,
        "UNAUTHENTICATED"
    );
    let all = app
        .data(None, "{ organisations { totalCount } }", json!({}))
        .await?;
    assert_eq!(all["organisations"]["totalCount"], 1, "nothing was stored");
    Ok(())
}

async fn a_revoked_role_ends_at_once_for_tokens_in_use(app: TestApp) -> Result<()> {
    let (first, second) = (app.registrar().await?, app.registrar().await?);
    app.data(
        Some(&first),
        "mutation ($input: RoleInput!) { revokeRole(input: $input) { userErrors { code } } }",
        json!({ "input": {
            "person": format!("person:{}", second.person),
            "organisation": second.organisation_id(), "role": "REGISTRAR"
        } }),
    )
    .await?;
    let input = json!({ "input": { "legalForm": "LEGAL_PERSON", "name": "X", "sector": "PRIVATE", "place": "KR" } });
    assert_eq!(
        app.refusal(Some(&second), REGISTER, input).await?.code,
        "FORBIDDEN"
    );
    Ok(())
}

async fn an_expired_token_is_refused(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    app.advance_seconds(31 * 86_400);
    let refused = app
        .refusal(
            Some(&registrar),
            "{ organisations { totalCount } }",
            json!({}),
        )
        .await?;
    assert_eq!(refused.code, "UNAUTHENTICATED");
    Ok(())
}

async fn a_sole_traders_name_is_erased_and_the_log_stays(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    let input = json!({ "input": { "legalForm": "SOLE_TRADER", "name": "Mina Park", "sector": "PRIVATE", "place": "KR-11" } });
    let made = app.data(Some(&registrar), REGISTER, input).await?;
    assert_eq!(made["made"]["organisation"]["name"], "Mina Park");
    let id = made["made"]["organisation"]["id"].clone();

    let erased = app
        .data(
            Some(&registrar),
            "mutation ($input: ErasePersonInput!) { erasePerson(input: $input) { erased userErrors { code } } }",
            json!({ "input": { "organisation": id } }),
        )
        .await?;
    assert_eq!(erased["erasePerson"]["erased"], true);
    let found = app
        .data(
            None,
            "query ($id: ID!) { organisation(id: $id) { name legalForm } }",
            json!({ "id": id }),
        )
        .await?;
    assert_eq!(
        found["organisation"],
        json!({ "name": null, "legalForm": "SOLE_TRADER" })
    );
    Ok(())
}

async fn a_list_with_nested_objects_costs_a_fixed_number_of_statements(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    let list =
        "{ organisations(first: 50) { nodes { name group { name } certifications { kind } } } }";
    let mut costs = Vec::new();
    for round in 0..2 {
        for number in 0..10 {
            app.organisation(
                &registrar,
                &format!("Organisation {round}-{number}"),
                "PRIVATE",
            )
            .await?;
        }
        costs.push(app.cost(list).await?);
    }
    assert_eq!(
        costs[0], costs[1],
        "statements for 11 and for 21 organisations"
    );
    assert!(costs[1] <= 4, "{costs:?}");
    Ok(())
}

async fn the_fields_at_fault_are_named(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    let register = |name: &str, form: &str, identifier: Option<&str>| {
        json!({ "input": {
            "legalForm": form, "name": name, "sector": "PRIVATE", "place": "KR", "identifier": identifier
        } })
    };
    let cases = [
        (register("", "LEGAL_PERSON", None), "name"),
        (register("Line\nbreak", "LEGAL_PERSON", None), "name"),
        (
            register("Mina Park", "SOLE_TRADER", Some("KR-1")),
            "identifier",
        ),
    ];
    for (input, field) in cases {
        let refused = app.refusal(Some(&registrar), REGISTER, input).await?;
        assert_eq!(refused.path.as_deref(), Some(field), "{refused:?}");
    }
    let unknown = json!({ "input": { "legalForm": "LEGAL_PERSON", "nmae": "X", "sector": "PRIVATE", "place": "KR" } });
    let refused = app.refusal(Some(&registrar), REGISTER, unknown).await?;
    assert!(refused.message.contains("nmae"), "{refused:?}");
    Ok(())
}

async fn a_group_is_named_by_its_top_alone(app: TestApp) -> Result<()> {
    let registrar = app.registrar().await?;
    let mother = app.organisation(&registrar, "Mother", "PRIVATE").await?;
    let register = |name: &str, group: &str| json!({ "input": { "legalForm": "LEGAL_PERSON", "name": name, "sector": "PRIVATE", "place": "KR", "group": group } });
    let top = format!("organisation:{mother}");
    let child = app
        .data(Some(&registrar), REGISTER, register("Child", &top))
        .await?;
    let below = child["made"]["organisation"]["id"]
        .as_str()
        .unwrap_or_default();
    let refused = app
        .refusal(Some(&registrar), REGISTER, register("Grandchild", below))
        .await?;
    assert_eq!(refused.code, "NOT_THE_TOP");
    assert!(
        refused.message.contains(&top),
        "it names the top: {}",
        refused.message
    );
    Ok(())
}
