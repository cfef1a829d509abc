// One thing a client can ask for, in each API it can be asked in: the rows of the table of what
// each translation keeps. Each request is as small as the feature lets it be.

import { answerFeatures } from './answer-features.ts';
import { contentFeatures } from './content-features.ts';
import type { Feature } from './feature.ts';

export const features: readonly Feature[] = [...contentFeatures, ...answerFeatures];
