//! GraphiQL at `/graphiql`, from files compiled into the server: no other host is asked, and no inline script or style is
//! allowed. Where the files come from and their licences: `api/static/graphiql/README.md`.

use axum::{
    Router,
    http::{HeaderName, header},
    routing::get,
};

/// The page, and nothing from elsewhere. `data:` holds the fonts and pictures inside GraphiQL's own style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self' data:; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! file {
    ($name:literal, $kind:expr) => {
        (
            concat!("/graphiql/", $name),
            $kind,
            include_str!(concat!("../../static/graphiql/", $name)),
        )
    };
}

/// Path, content type, text. The version is in the path, so that browsers may keep the file for ever.
const FILES: [(&str, &str, &str); 6] = [
    file!("react-18.3.1.min.js", SCRIPT),
    file!("react-dom-18.3.1.min.js", SCRIPT),
    file!("graphiql-3.9.0.min.js", SCRIPT),
    file!("graphiql-3.9.0.min.css", STYLE),
    file!("init-1.js", SCRIPT),
    file!("init-1.css", STYLE),
];

/// The page and its files.
pub fn routes() -> Router {
    let page = async || {
        (
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, POLICY),
            ],
            include_str!("../../static/graphiql/index.html"),
        )
    };
    FILES.into_iter().fold(
        Router::new().route("/graphiql", get(page)),
        |router, (path, kind, text)| {
            let headers: [(HeaderName, &str); 2] = [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            router.route(path, get(async move || (headers, text)))
        },
    )
}
