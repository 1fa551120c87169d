//! Who may do what.
//!
//! Reading health data takes a [`Permit`]. Only [`Gate::permit`] makes one, and it does so after the
//! decision, yes or no, has been written to the ledger by a [`Witness`]. What is decided stands in Cedar
//! policy files, [`DEFAULT_POLICIES`] or the hospital's own.
//!
//! Here are also the pure parts of signing in: [`PasswordHash`] and [`RateLimit`]. Nothing
//! here reads a clock, a socket or a disk.

mod cedar;
mod gate;
mod password;
mod permit;
mod policies;
mod rate;
mod refusal;

pub use gate::{Clock, Explanation, Gate, Licence, Relations};
pub use password::{PasswordError, PasswordHash, PasswordRule, random_password};
pub use permit::{Action, Actor, Decision, Object, Permit, Role, Scope, Witness, WitnessError};
pub use policies::{DEFAULT_POLICIES, PolicyError, SCHEMA};
pub use rate::{RateLimit, TooMany};
pub use refusal::{Refusal, RefusalKind};
