//! The demo's accounts as a file that the server reads and a person can.

use std::fmt::Write as _;

use anyhow::Result;

use crate::patients::{NODULE, Patient, find};

/// Account, names, role. Passwords are made when the demo starts and are in no file.
const ACCOUNTS: &[(&str, &str, &str, &str)] = &[
    ("chen.expert", "Chen Yu", "陈瑜", "expert"),
    ("li.terminal", "Li Jian", "李健", "terminal-doctor"),
    ("wang.nurse", "Wang Fang", "王芳", "nurse"),
    ("zhao.patient", "Zhao Min", "赵敏", "patient"),
    ("sun.manager", "Sun Hao", "孙浩", "manager"),
    ("qian.researcher", "Qian Lei", "钱磊", "researcher"),
    ("zhou.trainee", "Zhou Yan", "周燕", "trainee"),
    ("he.technician", "He Jun", "何军", "technician"),
    ("admin", "Administrator", "管理员", "admin"),
];

/// The file's text.
pub fn text(patients: &[Patient]) -> Result<String> {
    let nodule = &find(patients, NODULE)?.id;
    let mut text = String::from(
        "# The accounts of the demo hospital. `patient` is the FHIR id of the patient whom the account sees as\n\
         # their own; practitioners have the FHIR id `Practitioner/<account>`.\n",
    );
    for (account, en, zh, role) in ACCOUNTS {
        writeln!(
            text,
            "\n[\"{account}\"]\nname = {{ zh = \"{zh}\", en = \"{en}\" }}\nroles = [\"{role}\"]"
        )?;
        if *role == "patient" {
            writeln!(text, "patient = \"{nodule}\"")?;
        }
    }
    Ok(text)
}
