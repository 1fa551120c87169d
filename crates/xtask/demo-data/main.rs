//! Makes `demo/` from the open originals: `demo-data SHARED OUT`. The same originals give the same bytes.
#![allow(
    clippy::indexing_slicing,
    reason = "JSON of known originals: a key that is missing gives null and the program says so"
)]

mod accounts;
mod hospital;
mod imaging;
mod originals;
mod patients;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// The highest level that still writes in seconds; the files are read far more often than written.
const ZSTD_LEVEL: i32 = 19;

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [shared, out] = arguments.as_slice() else {
        bail!("usage: demo-data SHARED OUT");
    };
    let patients = patients::read(&shared.join("fhir/synthea-r4"))?;
    for patient in &patients {
        let name = format!("fhir/patients/{}.json.zst", patient.mrn);
        write(out, &name, &pack(&serde_json::to_vec(&patient.bundle)?)?)?;
    }
    let bundle = serde_json::to_string_pretty(&hospital::bundle(&patients)?)?;
    write(out, "fhir/hospital.json", format!("{bundle}\n").as_bytes())?;
    write(out, "accounts.toml", accounts::text(&patients)?.as_bytes())?;
    for (name, files) in imaging::studies(&shared.join("imaging"), &patients)? {
        write(
            out,
            &format!("imaging/{name}.tar.zst"),
            &pack(&archive(&files)?)?,
        )?;
    }
    for licence in [
        "pyradiomics-BSD-3-Clause.txt",
        "TotalSegmentator-Apache-2.0.txt",
        "generated-sample-data-Apache-2.0.txt",
    ] {
        let text = fs::read(shared.join("LICENSES").join(licence))
            .with_context(|| format!("read the licence {licence}"))?;
        write(out, &format!("licenses/{licence}"), &text)?;
    }
    Ok(())
}

/// Writes one file of the demo data and says so.
fn write(out: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = out.join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("make the folder of {name}"))?;
    }
    fs::write(&path, bytes).with_context(|| format!("write {name}"))?;
    println!("{:>10} bytes  {name}", bytes.len());
    Ok(())
}

fn pack(bytes: &[u8]) -> Result<Vec<u8>> {
    zstd::encode_all(bytes, ZSTD_LEVEL).context("compress")
}

/// A tar archive without times, owners or anything else that would change from run to run.
fn archive(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive
            .append_data(&mut header, name, bytes.as_slice())
            .with_context(|| format!("pack {name}"))?;
    }
    archive.into_inner().context("close the archive")
}
