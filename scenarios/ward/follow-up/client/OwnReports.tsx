/** What the patient reported, with what waits on the device. */
import { Show } from 'solid-js';
import type { JSX } from 'solid-js';
import { useApp } from '../../../../client/core/app';
import { dayOf } from '../../../../client/core/dates';
import { colonIn, inLanguage } from '../../../../client/core/language';
import { DataTable } from '../../../../client/panels/DataTable';
import type { Answers, OwnCourse, Unsent } from './course';
import { valueShown } from './shown';
import type { Say } from './words';

interface Line {
  readonly day: string;
  readonly answers: Answers;
  /** Whether it is on this device only. */
  readonly waits: boolean;
  /** The device that sent it, where the patient did not write it. */
  readonly device: string | undefined;
}

export function OwnReports(props: { course: OwnCourse; waiting: readonly Unsent[]; say: Say }): JSX.Element {
  const app = useApp();
  const rows = (): Line[] => [
    ...props.waiting.map(({ day, answers }) => ({ day, answers, waits: true, device: undefined })).toReversed(),
    ...props.course.reports.map(({ day, answers, device }) => ({ day, answers, waits: false, device: device?.name })),
  ];
  return (
    <Show when={rows().length > 0}>
      <details>
        <summary>{props.say('myReports')}</summary>
        <DataTable
          caption={`${props.say('myReports')}${colonIn(app.language())}${inLanguage(props.course.plan.title, app.language())}`}
          rows={rows()}
          columns={[
            { heading: props.say('day'), cell: ({ day, waits }: Line) => `${dayOf(day, app.language())}${waits ? ' ↑' : ''}` },
            ...props.course.questions.map((question) => ({
              heading: inLanguage(question.label, app.language()),
              numeric: question.kind === 'number',
              cell: ({ answers }: Line) =>
                valueShown(question, answers[question.name], props.say, app.language()),
            })),
            { heading: props.say('by'), cell: ({ device }: Line) => (device === undefined ? props.say('iWrote') : props.say('byDevice', { device })) },
          ]}
        />
      </details>
    </Show>
  );
}
