export default {
  all: 'All', 'bare-land': 'Land', voc: 'VOC', noise: 'Noise', outfall: 'Outfall',
}
