//! Ward twin (病房孪生): see README.md.

use std::sync::LazyLock;

use async_trait::async_trait;
use policy::Actor;
use scenario::{Context, Manifest, Problem, Reply, Request, Scenario, Stage, Waiting};
use vocabulary::RoomId;

static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
    Manifest::read(include_str!("../scenario.toml")).unwrap_or_else(|error| unreachable!("{error}"))
});

struct Here;

/// The scenario, for the registry.
pub fn scenario() -> Box<dyn Scenario> {
    Box::new(Here)
}

#[async_trait]
impl Scenario for Here {
    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    async fn handle(&self, _: &dyn Context, _: Request) -> Result<Reply, Problem> {
        Err(Problem::not_found())
    }

    async fn waiting(&self, _: &dyn Context, _: &Actor) -> Result<Vec<Waiting>, Problem> {
        Ok(Vec::new())
    }

    async fn stage(
        &self,
        _: &dyn Context,
        _: &Actor,
        _: &RoomId,
    ) -> Result<Option<Stage>, Problem> {
        Ok(None)
    }
}
