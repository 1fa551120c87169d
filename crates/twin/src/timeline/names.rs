//! What people call things that come with a code only, or in one language.

use serde_json::Value;
use vocabulary::Text;

/// LOINC codes, with a short name in both languages.
const LOINC: &[(&str, &str, &str)] = &[
    ("8302-2", "身高", "Height"),
    ("29463-7", "体重", "Weight"),
    ("39156-5", "体质指数", "Body mass index"),
    ("55284-4", "血压", "Blood pressure"),
    ("85354-9", "血压", "Blood pressure"),
    ("8480-6", "收缩压", "Systolic"),
    ("8462-4", "舒张压", "Diastolic"),
    ("8867-4", "心率", "Heart rate"),
    ("9279-1", "呼吸频率", "Respiratory rate"),
    ("2708-6", "血氧饱和度", "Oxygen saturation"),
    ("59408-5", "血氧饱和度", "Oxygen saturation"),
    ("8331-1", "口腔温度", "Oral temperature"),
    ("8310-5", "体温", "Body temperature"),
    ("72514-3", "疼痛评分（0–10）", "Pain (0–10)"),
    ("72166-2", "吸烟状况", "Smoking status"),
    ("8664-5", "吸烟包年", "Pack-years"),
    ("19926-5", "一秒率 FEV1/FVC", "FEV1/FVC"),
    ("2093-3", "总胆固醇", "Total cholesterol"),
    ("2571-8", "甘油三酯", "Triglycerides"),
    ("18262-6", "低密度脂蛋白胆固醇", "LDL cholesterol"),
    ("2085-9", "高密度脂蛋白胆固醇", "HDL cholesterol"),
    ("6690-2", "白细胞", "Leukocytes"),
    ("789-8", "红细胞", "Erythrocytes"),
    ("718-7", "血红蛋白", "Haemoglobin"),
    ("4544-3", "红细胞压积", "Haematocrit"),
    ("787-2", "平均红细胞体积", "MCV"),
    ("785-6", "平均红细胞血红蛋白量", "MCH"),
    ("786-4", "平均红细胞血红蛋白浓度", "MCHC"),
    ("21000-5", "红细胞分布宽度", "Red cell distribution width"),
    ("777-3", "血小板", "Platelets"),
    ("32207-3", "血小板分布宽度", "Platelet distribution width"),
    ("32623-1", "平均血小板体积", "Mean platelet volume"),
    ("2339-0", "血糖", "Glucose"),
    ("4548-4", "糖化血红蛋白", "Haemoglobin A1c"),
    ("2160-0", "肌酐", "Creatinine"),
    ("38483-4", "肌酐", "Creatinine"),
    ("3094-0", "尿素氮", "Urea nitrogen"),
    ("6299-2", "尿素氮", "Urea nitrogen"),
    ("2947-0", "钠", "Sodium"),
    ("2951-2", "钠", "Sodium"),
    ("6298-4", "钾", "Potassium"),
    ("2823-3", "钾", "Potassium"),
    ("2069-3", "氯", "Chloride"),
    ("20565-8", "二氧化碳总量", "Carbon dioxide"),
    ("49765-1", "钙", "Calcium"),
    ("33914-3", "估算肾小球滤过率", "Estimated GFR"),
    ("14959-1", "尿微量白蛋白/肌酐", "Urine albumin/creatinine"),
    ("57698-3", "血脂组合", "Lipid panel"),
    ("51990-0", "基础代谢组合", "Basic metabolic panel"),
    ("58410-2", "血常规", "Blood count"),
];

/// What measurements on images are called (SNOMED CT, its older codes, and DICOM's own).
const MEASURES: &[(&str, &str, &str)] = &[
    ("410668003", "长度", "Length"),
    ("103339001", "长径", "Long axis"),
    ("G-A185", "长径", "Long axis"),
    ("103340004", "短径", "Short axis"),
    ("G-A186", "短径", "Short axis"),
    ("81827009", "直径", "Diameter"),
    ("M-02550", "直径", "Diameter"),
    ("118565006", "体积", "Volume"),
    ("G-D705", "体积", "Volume"),
    ("112031", "衰减值", "Attenuation"),
    ("42798000", "面积", "Area"),
    ("G-A166", "面积", "Area"),
    ("118538004", "质量", "Mass"),
];

fn of(table: &[(&str, &str, &str)], code: &str) -> Option<Text> {
    let (_, zh, en) = table.iter().find(|(known, ..)| *known == code)?;
    Some(Text::new(*zh, *en))
}

/// The short name of a LOINC code.
pub fn loinc(code: &str) -> Option<Text> {
    of(LOINC, code)
}

/// The name of a measurement on images; its own meaning where the code is not known.
pub(crate) fn measure(code: &str, meaning: &str) -> Text {
    of(MEASURES, code).unwrap_or_else(|| Text::new(meaning, meaning))
}

/// The same words in both languages.
pub(crate) fn same(words: &str) -> Text {
    Text::new(words, words)
}

/// What a `CodeableConcept` is called: by our names, else by its own text or display.
pub(crate) fn concept(concept: &Value) -> Option<Text> {
    let codings = concept.get("coding").and_then(Value::as_array);
    let codings = || codings.into_iter().flatten();
    let named = codings().find_map(|coding| {
        let is_loinc = coding.get("system")?.as_str()? == "http://loinc.org";
        is_loinc.then(|| loinc(coding.get("code")?.as_str()?))?
    });
    let own = || concept.get("text").and_then(Value::as_str);
    let shown = || codings().find_map(|coding| coding.get("display")?.as_str());
    let code = || codings().find_map(|coding| coding.get("code")?.as_str());
    named.or_else(|| own().or_else(shown).or_else(code).map(both))
}

/// Words that hold both languages, Chinese first, on two lines, as scenarios write them; else the same in both.
pub(crate) fn both(words: &str) -> Text {
    match words.split_once('\n') {
        Some((zh, en)) if !en.contains('\n') && !zh.is_ascii() => Text::new(zh, en),
        _ => same(words),
    }
}
