//! What lets a device fetch the bytes of one package, for as long as its order lasts: a device that shows a certificate
//! where messages go has nothing to show where packages are fetched, since nothing asks for certificates there.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use vocabulary::{DeviceId, Digest, Timestamp};

use crate::{clock, devices::Credential, hospital::Hospital};

/// What the passes of this hospital are sealed with, and known by again; none of them is kept.
pub struct Passes {
    key: [u8; 32],
}

impl Passes {
    /// By the hospital's key for them.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// Lets a device fetch a package until then. For the same three it is the same.
    pub fn pass(&self, device: &DeviceId, package: &Digest, until: Timestamp) -> String {
        let sealed = self.sealed(device, package, until);
        let seal = hex::encode(sealed.finalize().into_bytes());
        format!("{}.{seal}.{device}", until.0)
    }

    /// The device that a pass for this package was made for, as long as it lasts.
    pub fn whose(&self, pass: &str, package: &Digest, now: Timestamp) -> Option<DeviceId> {
        let mut parts = pass.splitn(3, '.');
        let until = Timestamp(parts.next()?.parse().ok()?);
        let seal = hex::decode(parts.next()?).ok()?;
        let device = DeviceId::new(parts.next()?).ok()?;
        let sealed = self.sealed(&device, package, until);
        (sealed.verify_slice(&seal).is_ok() && now < until).then_some(device)
    }

    fn sealed(&self, device: &DeviceId, package: &Digest, until: Timestamp) -> Hmac<Sha256> {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            unreachable!("HMAC takes keys of any length")
        };
        let said = format!("yuanyi device fetch v1\n{package}\n{}\n{device}", until.0);
        mac.update(said.as_bytes());
        mac
    }
}

/// The package that a device is to install, by the parameters of its order.
pub fn package_of(parameters: &Value) -> Option<Digest> {
    let path = parameters.get("path")?.as_str()?;
    let id = path
        .strip_prefix("/api/devices/packages/")?
        .strip_suffix("/bytes")?;
    id.parse().ok()
}

/// The pass that goes with a command, as JSON, to a device: where it is to install a package and has a certificate.
pub fn pass_for(hospital: &Hospital, device: &DeviceId, command: &Value) -> Option<String> {
    if command.get("command")?.as_str()? != "install" {
        return None;
    }
    let package = package_of(command.get("parameters")?)?;
    let until: Timestamp = command.get("until")?.as_str()?.parse().ok()?;
    certified(hospital, device).then(|| hospital.upgrades.passes.pass(device, &package, until))
}

/// The device that may fetch this package by a pass: what its certificate let it have ends with its certificates.
pub fn passes(hospital: &Hospital, pass: &str, package: &Digest) -> Option<DeviceId> {
    let device = hospital.upgrades.passes.whose(pass, package, clock::now());
    device.filter(|device| certified(hospital, device))
}

/// Whether a device that is in service has a certificate that is not out of date, as far as that is known.
fn certified(hospital: &Hospital, device: &DeviceId) -> bool {
    let kept = &hospital.devices.kept;
    let until = kept.certificate_until(device).ok().flatten();
    if until.is_some_and(|until| until <= clock::now()) {
        return false;
    }
    let shown = kept.shown_by(device).unwrap_or_default();
    shown.into_iter().any(|shown| {
        matches!(shown, Credential::Certificate(_)) && hospital.devices.may_send(device, shown)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        devices::{self, NewDevice},
        hospital::hospital_actor,
    };

    #[test]
    fn a_pass_is_for_one_device_one_package_and_one_time() {
        let passes = Passes::new([7; 32]);
        let device = DeviceId::new("ox-1.b").unwrap();
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let until = Timestamp(1_790_000_000_000);
        let before = Timestamp(until.0 - 1);
        let pass = passes.pass(&device, &one, until);
        assert_eq!(pass, passes.pass(&device, &one, until));
        assert_eq!(passes.whose(&pass, &one, before), Some(device.clone()));
        assert_eq!(passes.whose(&pass, &one, until), None, "its time is over");
        assert_eq!(passes.whose(&pass, &other, before), None);
        assert_eq!(Passes::new([8; 32]).whose(&pass, &one, before), None);
        let longer = pass.replacen("1790", "1990", 1);
        let of_another = pass.replace("ox-1.b", "ox-1.c");
        for forged in [longer.as_str(), &of_another, "", "1.2", "x.00.ox-1"] {
            assert_eq!(passes.whose(forged, &one, before), None, "{forged}");
        }
    }

    #[tokio::test]
    async fn only_a_device_with_a_certificate_gets_one_and_it_ends_with_that() {
        let (_folder, hospital) = Hospital::of_test();
        let device = DeviceId::new("ox-1").unwrap();
        let new: NewDevice = serde_json::from_value(json!({"profile": "pulse-oximeter"})).unwrap();
        devices::register(&hospital, &hospital_actor(), &device, &new)
            .await
            .unwrap();
        let package = Digest::of(b"package");
        let path = format!("/api/devices/packages/{package}/bytes");
        let until = Timestamp(clock::now().0 + 60_000);
        let order = |command: &str| json!({"command": command, "parameters": {"path": path}, "until": until});
        let kept = &hospital.devices.kept;
        kept.issue(&device).unwrap();
        assert_eq!(pass_for(&hospital, &device, &order("install")), None);
        let (install, certificate) = (order("install"), Digest::of(b"certificate"));
        kept.add_certificate(&device, certificate, clock::now())
            .unwrap();
        assert_eq!(pass_for(&hospital, &device, &install), None, "out of date");
        kept.add_certificate(&device, certificate, until).unwrap();
        assert_eq!(pass_for(&hospital, &device, &order("put-back")), None);
        let pass = pass_for(&hospital, &device, &install).unwrap();
        assert_eq!(passes(&hospital, &pass, &package), Some(device.clone()));
        assert_eq!(passes(&hospital, &pass, &Digest::of(b"other")), None);
        kept.revoke(&device).unwrap();
        assert_eq!(passes(&hospital, &pass, &package), None);
    }
}
