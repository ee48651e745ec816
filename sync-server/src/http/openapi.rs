//! The description of the calls for programs.

use axum::Json;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::cookie::SESSION_COOKIE;

#[derive(OpenApi)]
#[openapi(
    info(title = "Shanxun sync-server", description = "Uploads follow tus 1.0.0. A fault of the server is answered to any call with 500 or 503 and the same body as a refusal."),
    modifiers(&Proofs),
    components(schemas(super::tus::TusVersion, super::tus::TusMethod)),
    paths(
        super::account::enrol,
        super::account::renumber,
        super::account::log_in,
        super::account::log_out,
        super::console::log_in,
        super::console::session,
        super::console::log_out,
        super::console_pages::catalogue,
        super::console_pages::ledger,
        super::console_pages::record,
        super::console_pages::changes,
        super::work::today,
        super::work::queue,
        super::work::conflict,
        super::work::decisions,
        super::sync::sync,
        super::documents::forms,
        super::documents::list,
        super::documents::show,
        super::documents::history,
        super::desk::decide,
        super::desk::take_back,
        super::photos::original,
        super::photos::thumbnail,
        super::tus::capabilities,
        super::tus::create,
        super::tus::progress,
        super::tus::append,
        super::tus::overridden,
        super::tus::end,
        super::operations::health,
        super::operations::ready,
        super::operations::metrics,
    )
)]
struct Api;

struct Proofs;

impl Modify for Proofs {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        let cookie = ApiKeyValue::with_description(
            SESSION_COOKIE,
            "A console login; calls that change something also carry `X-CSRF-Token`.",
        );
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

pub(super) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}
