use std::fs;

use tempfile::TempDir;

use super::*;

type Variables = [(&'static str, &'static str)];

fn load(flags: &ConfigFlags, variables: &Variables) -> Result<Config, ConfigError> {
    Config::from_parts(flags, variables.iter().copied())
}

fn from(variables: &Variables) -> Result<Config, ConfigError> {
    load(&ConfigFlags::default(), variables)
}

/// A folder with a configuration file, and flags that name it.
fn file(text: &str) -> (TempDir, ConfigFlags) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("commonweal.toml");
    fs::write(&path, text).unwrap();
    let flags = ConfigFlags {
        config: Some(path),
        ..ConfigFlags::default()
    };
    (folder, flags)
}

fn says(result: Result<Config, ConfigError>, parts: &[&str]) {
    let error = result.expect_err("refused").to_string();
    for part in parts {
        assert!(error.contains(part), "`{error}` says `{part}`");
    }
}

#[test]
fn the_defaults_are_a_server_of_ones_own() {
    let config = from(&[("PATH", "/bin"), ("COMMONWEAL_TEST_POSTGRES_URL", "x")]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.data, Path::new("data"));
    assert_eq!(
        config.database_url.expose_secret(),
        "sqlite:data/commonweal.db"
    );
    assert_eq!(config.public_url, "http://127.0.0.1:8080");
    assert!(!config.demo);
}

#[test]
fn flags_win_over_the_environment_which_wins_over_the_file() {
    let (_folder, mut flags) =
        file("listen = \"127.0.0.1:1\"\ndata = \"from-file\"\norigin = \"file/log\"\n");
    let variables = [
        ("COMMONWEAL_LISTEN", "127.0.0.1:2"),
        ("COMMONWEAL_DATA", "from-env"),
    ];
    flags.listen = Some("127.0.0.1:3".parse().unwrap());
    let config = load(&flags, &variables).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.data, Path::new("from-env"));
    assert_eq!(config.origin, "file/log");
    assert_eq!(
        config.database_url.expose_secret(),
        "sqlite:from-env/commonweal.db"
    );
}

#[test]
fn every_form_of_value_comes_from_the_environment() {
    let config = from(&[
        ("COMMONWEAL_DEMO", "true"),
        ("COMMONWEAL_DATA", "2026"),
        ("COMMONWEAL_RATE_LIMIT_MAXIMUM", "77"),
        ("COMMONWEAL_TRUSTED_PROXIES", "10.0.0.1, ::1"),
        (
            "COMMONWEAL_ALLOWED_ORIGINS",
            "https://a.example,https://b.example:8443",
        ),
        ("COMMONWEAL_LOG_FORMAT", "json"),
        ("COMMONWEAL_ADMIN_LISTEN", "127.0.0.1:9090"),
    ])
    .unwrap();
    assert!(config.demo);
    assert_eq!(config.data, Path::new("2026"));
    assert_eq!(config.rate_limit_maximum, 77);
    assert_eq!(config.trusted_proxies.len(), 2);
    assert_eq!(
        config.allowed_origins,
        ["https://a.example", "https://b.example:8443"]
    );
    assert_eq!(config.log_format, LogFormat::Json);
    assert_eq!(config.admin_listen.unwrap().port(), 9090);
}

#[test]
fn unknown_keys_are_named_wherever_they_stand() {
    says(
        from(&[("COMMONWEAL_LISTN", "x")]),
        &["COMMONWEAL_LISTN", "COMMONWEAL_LISTEN"],
    );
    let (_folder, flags) = file("listn = \"127.0.0.1:1\"\n");
    says(load(&flags, &[]), &["listn"]);
    let (_folder, flags) = file("[http]\nlisten = \"127.0.0.1:1\"\n");
    says(load(&flags, &[]), &["http"]);
}

#[test]
fn wrong_values_are_named_with_where_they_stand() {
    says(
        from(&[("COMMONWEAL_LISTEN", "localhost")]),
        &["COMMONWEAL_LISTEN"],
    );
    says(from(&[("COMMONWEAL_DEMO", "yes")]), &["COMMONWEAL_DEMO"]);
    says(
        from(&[("COMMONWEAL_RATE_LIMIT_MAXIMUM", "-1")]),
        &["COMMONWEAL_RATE_LIMIT_MAXIMUM"],
    );
    says(
        from(&[("COMMONWEAL_RATE_LIMIT_MAXIMUM", "0")]),
        &["`rate_limit_maximum`", "at least 1"],
    );
    says(
        from(&[("COMMONWEAL_TRUSTED_PROXIES", "10.0.0.1,proxy")]),
        &["TRUSTED_PROXIES"],
    );
    says(
        from(&[("COMMONWEAL_LOG_FORMAT", "xml")]),
        &["COMMONWEAL_LOG_FORMAT"],
    );
    for origin in ["", "https://log.example", "a log", "a+b", "lög"] {
        let (_folder, flags) = file(&format!("origin = \"{origin}\"\n"));
        says(load(&flags, &[]), &["`origin`"]);
    }
    for url in [
        "city.example",
        "ftp://city.example",
        "https://city.example/",
        "https://u:p@city.example",
    ] {
        let (_folder, flags) = file(&format!("public_url = \"{url}\"\n"));
        says(load(&flags, &[]), &["`public_url`"]);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    says(
        from(&[("COMMONWEAL_CONFIG", "/nowhere/commonweal.toml")]),
        &["/nowhere/commonweal.toml"],
    );
    let (_folder, flags) = file("listen = ");
    says(load(&flags, &[]), &["listen"]);
}

#[test]
fn demo_refuses_an_address_that_others_can_reach() {
    for address in ["0.0.0.0:8080", "192.0.2.1:80", "[::]:8080"] {
        let flags = ConfigFlags {
            demo: true,
            listen: Some(address.parse().unwrap()),
            ..ConfigFlags::default()
        };
        says(load(&flags, &[]), &["`demo`", "loopback", address]);
    }
    let flags = ConfigFlags {
        demo: true,
        listen: Some("[::1]:0".parse().unwrap()),
        ..ConfigFlags::default()
    };
    assert!(load(&flags, &[]).unwrap().demo);
}

#[test]
fn the_database_url_may_come_from_a_file_and_never_prints() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("url");
    fs::write(
        &path,
        "postgres://cw:hunter2@db.example/cw?sslkey=hunter2\n",
    )
    .unwrap();
    let named = path.to_str().unwrap().to_owned();
    let load = |pairs: Vec<(&str, String)>| Config::from_parts(&ConfigFlags::default(), pairs);
    let config = load(vec![("COMMONWEAL_DATABASE_URL_FILE", named.clone())]).unwrap();
    assert!(
        config
            .database_url
            .expose_secret()
            .ends_with("sslkey=hunter2")
    );
    assert!(!format!("{config:?}").contains("hunter2"));
    let toml = config.masked_toml();
    assert!(
        !toml.contains("hunter2") && toml.contains("postgres://cw:***@db.example/cw"),
        "{toml}"
    );
    says(
        load(vec![
            ("COMMONWEAL_DATABASE_URL_FILE", named),
            ("COMMONWEAL_DATABASE_URL", "sqlite:x".into()),
        ]),
        &["`database_url_file`", "one of them"],
    );
    fs::write(&path, "\n").unwrap();
    let named = path.to_str().unwrap().to_owned();
    says(
        load(vec![("COMMONWEAL_DATABASE_URL_FILE", named)]),
        &["`database_url_file`", "empty"],
    );
    let wrong = load(vec![("COMMONWEAL_DATABASE_URL", "hunter2".into())]).expect_err("refused");
    assert!(wrong.to_string().contains("`database_url`") && !wrong.to_string().contains("hunter2"));
}

#[test]
fn what_check_config_prints_is_itself_a_configuration() {
    let config = from(&[
        ("COMMONWEAL_TRUSTED_PROXIES", "10.0.0.1"),
        ("COMMONWEAL_ADMIN_LISTEN", "127.0.0.1:1"),
    ])
    .unwrap();
    let (_folder, flags) = file(&config.masked_toml());
    assert_eq!(
        load(&flags, &[]).unwrap().masked_toml(),
        config.masked_toml()
    );
}
