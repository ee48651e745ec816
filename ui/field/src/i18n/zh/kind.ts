export default {
  all: '全部', 'bare-land': '裸地', voc: 'VOC', noise: '噪声', outfall: '排口',
}
