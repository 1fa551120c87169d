//! Who may do what.
//!
//! Reading health data takes a [`Permit`]. Only [`Gate::permit`] makes one, and it does so after the
//! decision, yes or no, has been written to the ledger by a [`Witness`].

mod permit;

pub use permit::{
    Action, Actor, Decision, Object, Permit, Role, Scope, Witness, WitnessError,
};
