// What the photos area puts into forms and site pages.
import BeforeAfter from './BeforeAfter.vue'
import PhotoField from './PhotoField.vue'

export const slots = { photos: PhotoField, 'site-photos': BeforeAfter }
