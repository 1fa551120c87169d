use crate::{Problem, Reply};

/// The status of a problem after which reading again and trying again may help.
const RACE_LOST: u16 = 412;
/// How often an act that lost a race is tried again.
const ATTEMPTS: usize = 4;

/// Does an act, and does it again where another was first: each try reads the facts anew.
pub async fn again_if_raced<F>(act: impl Fn() -> F) -> Result<Reply, Problem>
where
    F: Future<Output = Result<Reply, Problem>>,
{
    let mut attempt = 1;
    loop {
        match act().await {
            Err(problem) if problem.status == RACE_LOST && attempt < ATTEMPTS => attempt += 1,
            answer => return answer,
        }
    }
}
