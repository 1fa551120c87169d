//! `edge`: the edges of a running hospital.

use anyhow::{Result, ensure};
use clap::Subcommand;
use serde_json::{Value, json};
use vocabulary::ActorId;

use super::door::{Door, text};

/// Tasks of `yuanyi edge`.
#[derive(Subcommand)]
pub enum Edge {
    /// Register an edge, or change its places; prints its new token, which ends the one before.
    Put {
        /// Its name, which is an account of the hospital.
        id: String,
        /// A place that it works for, with all that lies within: the FHIR id of a Location.
        #[arg(long = "location", required = true)]
        locations: Vec<String>,
        #[command(flatten)]
        door: Door,
    },
    /// List the edges, their places, and when each was heard.
    List {
        #[command(flatten)]
        door: Door,
    },
    /// End an edge: its token opens nothing any more.
    Remove {
        /// The edge.
        id: String,
        #[command(flatten)]
        door: Door,
    },
}

impl Edge {
    /// Does it.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Put {
                id,
                locations,
                door,
            } => {
                let put = door
                    .open()?
                    .put(&path(&id)?, &json!({"locations": locations}))?;
                println!("{}", text(&put, "token").unwrap_or_default());
                Ok(())
            }
            Self::List { door } => {
                list(&door.open()?.get("/edges")?);
                Ok(())
            }
            Self::Remove { id, door } => door.open()?.delete(&path(&id)?).map(drop),
        }
    }
}

fn path(id: &str) -> Result<String> {
    ensure!(ActorId::new(id).is_ok(), "use this name for an edge");
    Ok(format!("/edges/{id}"))
}

fn list(found: &Value) {
    let edges = found.get("edges").and_then(Value::as_array);
    for edge in edges.into_iter().flatten() {
        let places = edge.get("locations").and_then(Value::as_array);
        let places: Vec<&str> = places
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let id = text(edge, "id").unwrap_or_default();
        let heard = text(edge, "last_heard").unwrap_or("not heard yet");
        let off = match edge.get("skew").filter(|skew| !skew.is_null()) {
            Some(skew) if skew.get("is_wrong") == Some(&Value::Bool(true)) => {
                let ahead_ms = skew.get("ahead_ms").and_then(Value::as_i64);
                let ahead_s = ahead_ms.unwrap_or_default() as f64 / 1000.0;
                format!("  its clock is wrong by {ahead_s:+.1} s")
            }
            _ => String::new(),
        };
        let of = |name: &str, what: &str| {
            let at = text(edge, name)?;
            Some(format!("  {what} are known until {at}"))
        };
        let old: String = [of("alarms_as_of", "alarms"), of("values_as_of", "values")]
            .into_iter()
            .flatten()
            .collect();
        println!("{id:<20} {heard:<26} {}{off}{old}", places.join(" "));
    }
}
