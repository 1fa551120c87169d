import type { PlaceDesign, PlaceId } from '../design';
import { consulting } from './consulting';
import { management } from './management';
import { operating } from './operating';
import { research } from './research';
import { teaching } from './teaching';
import { ward } from './ward';

export const DESIGNS: Readonly<Record<PlaceId, PlaceDesign>> = { consulting, operating, ward, research, teaching, management };
