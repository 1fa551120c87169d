/** Chinese or English, each written in itself. */
import type { JSX } from 'solid-js';
import { useApp } from '../core/app';
import { Segmented } from './Segmented';

export function LanguageSwitch(): JSX.Element {
  const app = useApp();
  return (
    <Segmented
      label={app.t('app.language')}
      chosen={app.language()}
      onChoose={app.setLanguage}
      options={[
        { value: 'zh', label: '中文', lang: 'zh-CN' },
        { value: 'en', label: 'EN', lang: 'en' },
      ]}
    />
  );
}
