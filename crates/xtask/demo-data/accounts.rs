//! The demo's accounts as a file that the server reads and a person can.

use std::fmt::Write as _;

use anyhow::Result;

use crate::patients::{AT_HOME, NODULE, Patient, find};

/// Account, names, role. Passwords are made when the demo starts and are in no file.
const ACCOUNTS: &[(&str, &str, &str, &str)] = &[
    ("chen.expert", "Chen Yu", "陈瑜", "expert"),
    ("li.terminal", "Li Jian", "李健", "terminal-doctor"),
    ("wang.nurse", "Wang Fang", "王芳", "nurse"),
    ("zhao.patient", "Zhao Min", "赵敏", "patient"),
    ("wu.patient", "Wu Qiang", "吴强", "patient"),
    ("wu.relative", "Ma Li", "马丽", "related-person"),
    ("sun.manager", "Sun Hao", "孙浩", "manager"),
    ("qian.researcher", "Qian Lei", "钱磊", "researcher"),
    ("zhou.trainee", "Zhou Yan", "周燕", "trainee"),
    ("he.technician", "He Jun", "何军", "technician"),
    ("admin", "Administrator", "管理员", "admin"),
];

/// Whose own account a patient's is.
const OWN: &[(&str, &str)] = &[("zhao.patient", NODULE), ("wu.patient", AT_HOME)];

/// The file's text.
pub fn text(patients: &[Patient]) -> Result<String> {
    let mut text = String::from(
        "# The accounts of the demo hospital. `patient` is the FHIR id of the patient whom the account sees as\n\
         # their own; practitioners have the FHIR id `Practitioner/<account>`, and whom a relative comes with\n\
         # their `RelatedPerson` says, which names the account.\n",
    );
    for (account, en, zh, role) in ACCOUNTS {
        writeln!(
            text,
            "\n[\"{account}\"]\nname = {{ zh = \"{zh}\", en = \"{en}\" }}\nroles = [\"{role}\"]"
        )?;
        if let Some((_, mrn)) = OWN.iter().find(|(own, _)| own == account) {
            writeln!(text, "patient = \"{}\"", find(patients, mrn)?.id)?;
        }
    }
    Ok(text)
}
